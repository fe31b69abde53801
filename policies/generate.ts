import { writeFileSync } from "node:fs";
import { packConfig } from "./config.ts";
import { tiers } from "./tiers.ts";

for (const tier of tiers) {
  writeFileSync(
    new URL(`./config/${tier}.json`, import.meta.url),
    `${JSON.stringify(packConfig(tier), undefined, 2)}\n`,
  );
}
