import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { bindingOf, bindings, count, linesOf, page, services, table, tracked, withCount } from "../../bench/lock-in.ts";

describe("what another cloud would change", () => {
  const cases: readonly [string, ReturnType<typeof bindingOf>][] = [
    ['import * as aws from "@pulumi/aws";', "calls"],
    ['import type { Task } from "@aws-sdk/client-ecs";', "calls"],
    ['const { X } = await import("@aws-sdk/client-rds");', "calls"],
    ['const table = { "aws:ec2/vpc:Vpc": 1 };', "names"],
    ['const principal = "ecs-tasks.amazonaws.com";', "names"],
    ['import type { Aws } from "../../aws/clients.ts";', "names"],
    ['import * as pulumi from "@pulumi/pulumi";', "free"],
    ['// import * as aws from "@pulumi/aws";\nexport const a = 1;', "free"],
    ['/** The ARN, arn:aws:…, of "aws:x" */\nexport const a = 1;', "free"],
  ];
  for (const [text, binding] of cases)
    it(`is ${binding}: ${text.split("\n")[0]}`, () => {
      assert.equal(bindingOf(text), binding);
    });

  it("is counted once for each file, by lines that are neither empty nor a comment", () => {
    assert.equal(linesOf("a\n\n// b\n/* c\nd */\ne\n"), 2);
    const text = fc.constantFrom(...cases.map(([one]) => one));
    const path = fc.constantFrom("programs/a.ts", "policies/b.ts", "automation/c/d.ts");
    fc.assert(
      fc.property(fc.array(fc.record({ path, text })), (files) => {
        const sums = [...count(files).values()];
        const total = (of: "files" | "lines") => sums.flatMap((one) => bindings.map((binding) => one[binding][of]));
        const add = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
        assert.equal(add(total("files")), files.length);
        assert.equal(add(total("lines")), add(files.map((file) => linesOf(file.text))));
      }),
    );
  });

  it("names services by the files that have something of them, whichever of two names they give it", () => {
    const files = [
      { path: "a", text: 'import "@aws-sdk/client-cloudwatch-logs"; new aws.cloudwatch.LogGroup(); new aws.ec2.Vpc()' },
      { path: "b", text: "new aws.vpc.SecurityGroupIngressRule()" },
    ];
    assert.deepEqual(
      [...services(files)],
      [
        ["ec2", 2],
        ["cloudwatch", 1],
      ],
    );
  });

  it("is shown with shares", () => {
    const files = [
      { path: "programs/a.ts", text: 'import "@pulumi/aws";\na;\nb;' },
      { path: "programs/b.ts", text: "c;" },
    ];
    assert.match(table(count(files)), /\| `programs\/` \| 3 \(1\) \| 0 \(0\) \| 1 \(1\) \| 75% \| 0% \|/);
    assert.match(table(count([])), /\| all \| 0 \(0\)/);
  });

  it("is what the page says, near enough: it is counted anew by `npm run docs`", () => {
    const files = tracked();
    const text = readFileSync(page, "utf8");
    const [said, is] = [figures(text), figures(withCount(text, files))];
    assert.deepEqual(
      [...said.keys()].sort(),
      [...is.keys()].sort(),
      "a folder or a service came or went: `npm run docs`",
    );
    for (const [what, figure] of is) {
      const off = Math.abs(figure - (said.get(what) ?? 0));
      assert.ok(off <= Math.max(3, 0.05 * figure), `${what}: the page says ${said.get(what)}, counted are ${figure}`);
    }
  });

  it("is what the other evaluation says that has to be kept", () => {
    const text = readFileSync(join(page, "../bespoke-or-paas.md"), "utf8");
    const said = Number(/about ([\d,]+) lines/.exec(text)?.[1]?.replace(",", ""));
    const kept = [...count(tracked())].filter(([folder]) => ["programs", "policies", "automation"].includes(folder));
    const lines = kept.flatMap(([, of]) => bindings.map((binding) => of[binding].lines)).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(said - lines) < 0.05 * lines, `the page says ${said}, counted are ${lines}`);
  });
});

/** Of the page's table and its list, by what each is of. */
function figures(text: string): ReadonlyMap<string, number> {
  const rows = [...text.matchAll(/^\| (`\w+\/`|all) \| (\d.*) \|$/gm)].flatMap(([, folder = "", cells = ""]) =>
    [...cells.matchAll(/\d+/g)].map(([figure], index): [string, number] => [`${folder} ${index}`, Number(figure)]),
  );
  const list = [...text.matchAll(/(?:^|, |\n)([a-z0-9-]+) (\d+)(?=,|\n)/g)];
  return new Map([...rows, ...list.map(([, name = "", times]): [string, number] => [name, Number(times)])]);
}
