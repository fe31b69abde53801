import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { packConfig } from "./config.ts";
import { guardrailsDocument } from "./document-rules.ts";
import { tiers } from "./tiers.ts";

/** The files written from the rules, by path from here. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    "../docs/guardrails.md": guardrailsDocument(),
    ...Object.fromEntries(
      tiers.map((tier) => [`config/${tier}.json`, `${JSON.stringify(packConfig(tier), undefined, 2)}\n`]),
    ),
  };
}

/** The generated files whose content is not what the rules say. */
export function outdatedFiles(): string[] {
  return Object.entries(generatedFiles())
    .filter(([path, content]) => readFileSync(new URL(path, import.meta.url), "utf8") !== content)
    .map(([path]) => path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, content] of Object.entries(generatedFiles()))
    writeFileSync(new URL(path, import.meta.url), content);
}
