"""The real servers the tests run against: each is started by the tests, used, and ended with them."""
