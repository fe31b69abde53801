import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import { invokeMigrations } from "../../../../automation/deploy/observe/migrations.ts";

const encode = (document: unknown) => new TextEncoder().encode(JSON.stringify(document));

function account(reply: object, configuration: () => object): Aws {
  const send = async (command: object) => (/^Invoke/.test(command.constructor.name) ? reply : configuration());
  return { client: async () => ({ send }) } as unknown as Aws;
}

const answered = { applied: [], pending: [{ name: "0002_next", kind: "expand" }] };
const group = () => ({ LoggingConfig: { LogGroup: "/switchyard/production/platform/migrate" } });
const status = { action: "status" } as const;

describe("what the migration function answers", () => {
  it("may be from an older image, which knows nothing of failures", async () => {
    const answer = await invokeMigrations(account({ Payload: encode(answered) }, group), "production-migrate", status);
    assert.deepEqual(answer, { ...answered, ran: [], failed: [] });
  });

  it("has how pending migrations failed", async () => {
    const failure = {
      ...{ name: "0002_next", kind: "expand", file: "0002_next.expand.sql", line: 3, column: 1, sqlState: "23505" },
      ...{
        message: "duplicate key",
        detail: "Key (id)=(1)",
        left: "Nothing of it was applied",
        at: "2026-11-28T00:00:00Z",
      },
    };
    const reply = { Payload: encode({ ...answered, ran: [], failed: [failure] }) };
    assert.deepEqual((await invokeMigrations(account(reply, group), "production-migrate", status)).failed, [failure]);
  });

  const error = { FunctionError: "Unhandled", Payload: encode({ errorMessage: "0002_next.expand.sql:3:1: no" }) };

  it("is told with the log group that the function has", async () => {
    await assert.rejects(invokeMigrations(account(error, group), "production-migrate", status), {
      code: "migration-failed",
      what: "0002_next.expand.sql:3:1: no",
      fix: /^read its log group \/switchyard\/production\/platform\/migrate; /,
    });
  });

  it("is told without one where AWS does not say, and no other is made up", async () => {
    const denied = () => {
      throw new Error("AccessDenied");
    };
    for (const configuration of [denied, () => ({})])
      await assert.rejects(invokeMigrations(account(error, configuration), "production-migrate", status), {
        what: "0002_next.expand.sql:3:1: no",
        fix: /^read its log group; /,
      });
  });
});
