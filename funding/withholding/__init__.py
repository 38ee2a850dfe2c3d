"""How figures are withheld: tables, the bounds a reader has, the smallest pattern. Pure: no Django."""
