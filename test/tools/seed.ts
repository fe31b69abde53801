/**
 * Chooses the seed of a night's faults, or takes the one in GIVEN, for the steps that follow, and says how to repeat it.
 */
import { randomInt } from "node:crypto";
import { appendFileSync } from "node:fs";

const { GIVEN: given = "", GITHUB_ENV: variables, GITHUB_STEP_SUMMARY: summary } = process.env;
if (!/^\d*$/.test(given)) throw new Error(`GIVEN is no number: ${given}`);
if (variables === undefined || summary === undefined) throw new Error("this is for a workflow of GitHub Actions");
const seed = given === "" ? randomInt(2 ** 31) : Number(given);
appendFileSync(variables, `SEED=${seed}\n`);
const repeat = `To repeat: SEED=${seed} npm run test:faults -- --all\n`;
appendFileSync(summary, repeat);
process.stdout.write(repeat);
