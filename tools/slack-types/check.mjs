// Checks every golden message and form of alerts/slack/testdata against the
// types that Slack publishes. Each file becomes a literal with a type, because
// the compiler looks for unknown properties in literals only; wrong.ts holds
// mistakes that must be found, so that a check that sees nothing fails.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const golden = join(here, "..", "..", "alerts", "slack", "testdata");
const build = join(here, "build");

const names = readdirSync(golden).filter((name) => name.endsWith(".json")).sort();
if (names.length === 0) {
  console.error(`no golden messages in ${golden}`);
  process.exit(1);
}
rmSync(build, { recursive: true, force: true });
mkdirSync(build);
for (const name of names) {
  const type = name.startsWith("form_") ? "ModalView" : "Message";
  writeFileSync(join(build, name.replace(/\.json$/, ".ts")),
    `import type { Message, ModalView } from "../types.js";\n` +
    `const message: ${type} = ${readFileSync(join(golden, name), "utf8")};\nexport default message;\n`);
}
const tsc = join(here, "node_modules", "typescript", "bin", "tsc");
try {
  execFileSync(process.execPath, [tsc, "--project", here], { stdio: "inherit" });
} catch {
  process.exit(1);
}
console.log(`${names.length} messages and forms agree with Slack's types`);
