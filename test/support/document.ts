import assert from "node:assert/strict";

export type Document = Readonly<Record<string, unknown>>;

/** What a command printed with `--json`: one document, as all else goes where lines begin otherwise; undefined where there is none. */
export function documentIn(output: string): Document | undefined {
  const [found, ...others] = output.match(/^\{\n(?:[ }\]].*\n)*/gm) ?? [];
  assert.deepEqual(others, [], "one document and no more");
  return found === undefined ? undefined : (JSON.parse(found) as Document);
}

/** @throws AssertionError where there is none, or where a member is not as it is here. */
export function assertDocument(output: string, says: Document): Document {
  const document = documentIn(output);
  assert.ok(document, output);
  const said = Object.fromEntries(Object.keys(says).map((key) => [key, document[key]]));
  assert.deepEqual(said, says, output);
  return document;
}
