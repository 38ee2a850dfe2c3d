// Builds web/static/web/built/: one style sheet for families, one for staff, and the few USWDS icons they name.

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "sass";

const styles = dirname(fileURLToPath(import.meta.url));
const uswds = join(styles, "..", "..", "node_modules", "@uswds", "uswds");
const built = join(styles, "..", "static", "web", "built");

rmSync(built, { recursive: true, force: true });
mkdirSync(join(built, "icons"), { recursive: true });

for (const sheet of ["site", "staff"]) {
  const { css } = compile(join(styles, `${sheet}.scss`), {
    loadPaths: [join(uswds, "packages")],
    style: "compressed",
    // USWDS' own deprecations are not ours to fix; our files still warn.
    quietDeps: true,
  });
  const icons = new Set();
  const finished = css.replaceAll(/url\(["']?icons\/([^"')]+)["']?\)/g, (_, path) => {
    const name = path.split("/").at(-1);
    icons.add(path);
    return `url(icons/${name})`;
  });
  for (const path of icons) {
    copyFileSync(join(uswds, "dist", "img", path), join(built, "icons", path.split("/").at(-1)));
  }
  writeFileSync(join(built, `${sheet}.css`), finished);
  console.log(`${sheet}.css ${(finished.length / 1024).toFixed(1)} kB`);
}
