import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Route53 } from "@aws-sdk/client-route-53";
import { readRelease } from "../../automation/ledger/release.ts";
import { liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line: what a service sends is what `sandbox mail` shows. */
describe("a service that sends mail", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();
  let [overrides, given, zoneId] = ["", "", ""];

  before("there is a zone for its domain", async () => {
    overrides = join(sandbox().dir, "work", `overrides.${stack}.jsonl`);
    given = await readFile(overrides, "utf8").catch(() => "");
    const { HostedZone } = await new Route53({}).createHostedZone({ Name: "example.com", CallerReference: "mail" });
    zoneId = HostedZone?.Id?.split("/").at(-1) ?? "";
  });
  after("taken out again", async () => {
    await writeFile(overrides, given);
    const disrupted = [
      ...["aws:sesv2/emailIdentity:EmailIdentity::sandbox", "aws:iam/rolePolicy:RolePolicy::api-mail"],
      ...["aws:sesv2/configurationSet:ConfigurationSet::sandbox-mail", "aws:kms/key:Key::sandbox"],
    ];
    await sandbox()
      .drive("up", stack, ...disrupted.flatMap((one) => ["--disrupt", one]))
      .succeeds();
    await new Route53({}).deleteHostedZone({ Id: zoneId });
  });

  it("is told its address, sends from it, and what became of the message is told", async () => {
    const live = liveVersion(await readRelease(sandbox().table));
    const settings = {
      "switchyard:mail": { domain: "mail.example.com", zoneId },
      "switchyard:services": { api: { mail: true, environment: { MAIL_TO: "bounce@simulator.amazonses.com" } } },
    };
    await writeFile(overrides, `${given}${JSON.stringify(settings)}\n`);
    await sandbox()
      .drive("deploy", stack, "--tag", live === "v2" ? "v3" : "v2", "--strategy", "all-at-once")
      .succeeds();
    const answer = await fetch(`${sandbox().url}/api/notes/mail`, { method: "POST" });
    assert.equal(answer.status, 202, await answer.text());
    const shown = await sandbox().drive("sandbox", "mail").succeeds();
    assert.match(shown, /no-reply@mail\.example\.com → bounce@simulator\.amazonses\.com\n {2}Notes\n/);
    assert.match(shown, /! bounce of bounce@simulator\.amazonses\.com, told arn:aws:sns:\S+:sandbox-mail-events\n/);
    assert.match(await sandbox().drive("plan", stack).succeeds(), /\d+ unchanged/);
  });
});
