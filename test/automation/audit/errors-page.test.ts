import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { errorsPage, errorsPageIsCurrent } from "../../../automation/audit/errors-page.ts";
import { projectRoot } from "../../../automation/surroundings.ts";
import { errorCatalogue, otherExitCodes } from "../../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

interface Construction {
  readonly at: string;
  /** Codes its first argument can be; empty when it is not written out. */
  readonly codes: readonly string[];
  readonly keys: readonly string[];
}

/** Every `new SwitchyardError(…)` of the sources, as the compiler reads them. */
function constructions(): readonly Construction[] {
  const files = ["programs", "automation", "policies"].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );
  return files.flatMap((file) => {
    const source = ts.createSourceFile(
      file,
      readFileSync(join(projectRoot, file), "utf8"),
      ts.ScriptTarget.Latest,
      true,
    );
    const found: Construction[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node) && node.expression.getText() === "SwitchyardError") {
        const [code, details] = node.arguments ?? [];
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        found.push({ at: `${file}:${line + 1}`, codes: literals(code), keys: keysOf(details) });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

function literals(node: ts.Node | undefined): string[] {
  if (node === undefined) return [];
  if (ts.isStringLiteral(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  return [];
}

function keysOf(node: ts.Node | undefined): string[] {
  if (node === undefined || !ts.isObjectLiteralExpression(node)) return [];
  return node.properties.map((p) => (ts.isSpreadAssignment(p) ? "..." : (p.name?.getText() ?? "")));
}

describe("the catalogue of errors", () => {
  const all = constructions();
  const codes = Object.keys(errorCatalogue);

  it("has every code that is thrown, and no other", () => {
    assert.ok(all.length > 40, `only ${all.length} constructions found`);
    for (const { at, codes } of all) assert.ok(codes.length > 0, `${at} does not write its code out`);
    assert.deepEqual([...new Set(all.flatMap((c) => c.codes))].sort(), [...codes].sort());
  });

  it("is thrown with what, where and fix", () => {
    for (const { at, keys } of all)
      for (const key of ["what", "where", "fix"])
        assert.ok(keys.includes(key) || keys.includes("..."), `${at} has no ${key}`);
  });

  it("says of each: what, when, how to fix it, and an exit code", () => {
    for (const [code, { title, cause, fix, exitCode }] of Object.entries(errorCatalogue)) {
      assert.doesNotMatch(title, /\.$/, code);
      assert.match(cause, /\w.*\.$/, code);
      assert.match(fix, /\w.*\.$/, code);
      assert.ok(Number.isInteger(exitCode) && exitCode > 1 && exitCode < 256, code);
      assert.ok(!Object.values(otherExitCodes).some((other) => other.exitCode === (exitCode as number)), code);
    }
  });

  it("is what docs/errors.md says; `npm run docs` writes it", () => {
    assert.ok(errorsPageIsCurrent());
    for (const code of codes) assert.match(errorsPage(), new RegExp(`^### ${code}$`, "m"));
  });

  it("renders as one line: where, what, fix", () => {
    const error = new SwitchyardError("not-found", { what: "it is not there", where: "stack x", fix: "make it" });
    assert.equal(error.message, "stack x: it is not there. Make it");
    assert.equal(error.code, "not-found");
  });
});
