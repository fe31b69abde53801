import assert from "node:assert/strict";
import { refuseContradictions } from "../../../automation/bootstrap/decide/wanted.ts";
import type { Commands } from "../../../automation/command-loaders.ts";
import { parser } from "../../../automation/parser.ts";
import { pipelineConfig } from "../../../programs/config.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

/** Command lines refused by the parser: no command is loaded, so none can call AWS. */
const lines: readonly (readonly [line: string, says: RegExp])[] = [
  ["bootstrap now", /now/],
  ["bootstrap --bogus", /bogus/],
  ["bootstrap --plan=yes", /--plan: it takes no value/],
  ["bootstrap --plan --plan", /--plan: it is given more than once/],
  ["bootstrap --plan --no-plan", /plan: it is given more than once/],
  ["bootstrap --undo=1", /--undo: it takes no value/],
  ["bootstrap --yes=ok", /--yes: it takes no value/],
  ["bootstrap --repository", /repository/],
  ["bootstrap --repository=", /--repository: it is empty/],
  ["bootstrap --repository acme", /--repository: "acme" is not a repository of GitHub.*owner\/name/],
  ["bootstrap --repository acme/", /--repository/],
  ["bootstrap --repository /switchyard", /--repository/],
  ["bootstrap --repository acme/switch/yard", /--repository/],
  ["bootstrap --repository https://github.com/acme/switchyard", /--repository/],
  ["bootstrap --repository acme-/switchyard", /--repository/],
  ["bootstrap --repository a/b --repository a/c", /--repository: it is given more than once/],
  ["bootstrap --state-bucket=", /--state-bucket: it is empty/],
  ["bootstrap --state-bucket Acme", /--state-bucket: "Acme" is not the name of a bucket/],
  ["bootstrap --state-bucket s3://acme-state", /--state-bucket/],
  ["bootstrap --state-bucket acme.state", /--state-bucket/],
  ["bootstrap --state-bucket ab", /--state-bucket/],
  ["bootstrap --state-bucket acme-s3alias", /--state-bucket/],
  ["bootstrap --tag a/b", /--tag: "a\/b" is not an image tag/],
  ["bootstrap --tag", /tag/],
  ["bootstrap --without nothing", /without.*nothing/],
  ["bootstrap --without", /without/],
  ["bootstrap --without=", /without/],
  ["doctor production", /production/],
  ["doctor --fix", /fix/],
  ["doctor --json=yes", /--json: it takes no value/],
];

const flags = { plan: false, undo: false, yes: false };
const contradictions: readonly (readonly [flags: Partial<typeof flags>, says: RegExp])[] = [
  [{ plan: true, undo: true }, /^--plan: .*only looks/],
  [{ plan: true, undo: true, yes: true }, /^--plan: /],
  [{ undo: true }, /^--yes: --undo deletes/],
  [{ yes: true }, /^--yes: only --undo/],
  [{ plan: true, yes: true }, /^--yes: only --undo/],
];

const configurations: readonly (readonly [values: object, says: RegExp])[] = [
  [{ stateBucket: "Acme" }, /switchyard:stateBucket/],
  [{ stateBucket: "acme.state" }, /switchyard:stateBucket/],
  [{ stateBucket: "xn--acme" }, /switchyard:stateBucket/],
  [{ account: "12345" }, /switchyard:account/],
  [{ github: "acme/switchyard" }, /switchyard:github/],
  [{ github: {} }, /switchyard:github/],
  [{ github: { repository: "acme" } }, /switchyard:github\.repository/],
  [{ github: { repository: "acme/switchyard", ownerId: "1" } }, /switchyard:github\.repositoryId: is missing/],
  [{ github: { repository: "acme/switchyard", repositoryId: "1" } }, /switchyard:github\.ownerId: is missing/],
  [{ github: { repository: "acme/switchyard", ownerId: "0", repositoryId: "1" } }, /switchyard:github\.ownerId/],
  [{ github: { repository: "acme/switchyard", stacks: [] } }, /switchyard:github\.stacks/],
  [{ github: { repository: "acme/switchyard", stacks: ["images"] } }, /switchyard:github\.stacks: images is/],
  [{ github: { repository: "acme/switchyard", owner: "acme" } }, /switchyard:github/],
];

/** One clear error: a line, with the place and what to do. */
function assertClear(error: unknown, says: RegExp): void {
  assert.ok(error instanceof SwitchyardError, String(error));
  assert.match(error.message, says);
  assert.doesNotMatch(error.message, /\n/);
  assert.ok(error.fix.length > 0);
}

describe("what bootstrap and doctor refuse before anything is called", () => {
  const none = new Proxy({}, { get: () => () => assert.fail("a command was loaded") }) as Commands;

  it("is tried with more than forty", () => {
    assert.ok(lines.length + contradictions.length + configurations.length > 40);
  });

  for (const [line, says] of lines)
    it(line, async () => {
      const parsing = (async () => parser(line.split(" "), none).parseAsync())();
      await assert.rejects(parsing, (error) => {
        assertClear(error, says);
        return true;
      });
    });

  for (const [given, says] of contradictions)
    it(Object.keys(given).join(" and "), () => {
      assert.throws(
        () => refuseContradictions({ ...flags, ...given }),
        (error) => {
          assertClear(error, says);
          return true;
        },
      );
    });

  for (const [values, says] of configurations)
    it(`${JSON.stringify(values)}`, () => {
      assert.throws(
        () => pipelineConfig("pipeline", { ...values }),
        (error) => {
          assertClear(error, says);
          return true;
        },
      );
    });
});
