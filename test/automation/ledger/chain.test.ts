import assert from "node:assert/strict";
import fc from "fast-check";
import { auditKinds, auditOutcomes } from "../../../automation/ledger/audit-kinds.ts";
import {
  type AuditEntry,
  beforeTheFirst,
  canonical,
  headOf,
  link,
  readRecord,
  type StoredRecord,
  verifyChain,
} from "../../../automation/ledger/chain.ts";

const stack = "production";
const entry: fc.Arbitrary<AuditEntry> = fc.record(
  {
    at: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString()),
    kind: fc.constantFrom(...auditKinds),
    actor: fc.string({ unit: "binary" }),
    from: fc.string(),
    outcome: fc.constantFrom(...auditOutcomes),
    why: fc.string({ unit: "binary" }),
    commit: fc.constantFrom("a", "0").map((digit) => digit.repeat(40)),
    ms: fc.nat(),
  },
  { requiredKeys: ["at", "kind", "actor", "from", "outcome"] },
);
const entries = fc.array(entry, { minLength: 1, maxLength: 12 });
const chain = entries.map((list) => link(stack, beforeTheFirst, list));
const endOf = (records: readonly StoredRecord[]) => headOf(records.at(-1) as StoredRecord);

/** As who may write the table writes it anew from a record on, head and all. */
function forgedFrom(records: readonly StoredRecord[], index: number, forged: AuditEntry): readonly StoredRecord[] {
  const before = records[index - 1];
  const after = records.slice(index + 1).map(({ text }) => {
    const { format: _format, stack: _stack, seq: _seq, prev: _prev, ...rest } = JSON.parse(text);
    return rest as AuditEntry;
  });
  return [...records.slice(0, index), ...link(stack, before ? headOf(before) : beforeTheFirst, [forged, ...after])];
}

describe("the chain of audit records", () => {
  it("holds as it was written, also when it was written in parts", () => {
    fc.assert(
      fc.property(entries, entries, (first, second) => {
        const begun = link(stack, beforeTheFirst, first);
        const all = [...begun, ...link(stack, endOf(begun), second)];
        assert.deepEqual(verifyChain(stack, all, endOf(all)), []);
        assert.deepEqual(
          all.map(({ text }) => readRecord(text)?.actor),
          [...first, ...second].map(({ actor }) => actor),
        );
      }),
    );
  });

  it("is empty without records and without a head", () => {
    assert.deepEqual(verifyChain(stack, [], undefined), []);
  });

  it("tells of any record that was changed", () => {
    fc.assert(
      fc.property(chain, fc.nat(), entry, (records, at, { actor, outcome }) => {
        const index = at % records.length;
        const { seq, text } = records[index] as StoredRecord;
        const changed = canonical({ ...JSON.parse(text), actor, outcome });
        fc.pre(changed !== text);
        const found = verifyChain(stack, records.with(index, { seq, text: changed }), endOf(records));
        const told = index === records.length - 1 ? seq : seq + 1;
        assert.deepEqual(
          found.map((finding) => finding.seq),
          [told],
        );
      }),
    );
  });

  it("tells of records that were dropped, wherever they were", () => {
    fc.assert(
      fc.property(chain, fc.nat(), fc.nat(), (records, from, many) => {
        const first = from % records.length;
        const left = records.toSpliced(first, 1 + (many % records.length));
        const [found] = verifyChain(stack, left, endOf(records));
        assert.equal(found?.seq, first + 1, JSON.stringify(found));
      }),
    );
  });

  it("tells of records that changed places", () => {
    fc.assert(
      fc.property(chain, fc.nat(), fc.nat(), (records, a, b) => {
        const [one, other] = [records[a % records.length], records[b % records.length]] as [StoredRecord, StoredRecord];
        fc.pre(one.seq !== other.seq);
        const swapped = records
          .with(one.seq - 1, { seq: one.seq, text: other.text })
          .with(other.seq - 1, { seq: other.seq, text: one.text });
        const found = verifyChain(stack, swapped, endOf(records)).map(({ seq }) => seq);
        for (const { seq } of [one, other]) assert.ok(found.includes(seq), `${seq} of ${found.join(", ")}`);
      }),
    );
  });

  it("tells of a record of another stack, and of what is no record", () => {
    fc.assert(
      fc.property(chain, fc.nat(), fc.string(), (records, at, text) => {
        const index = at % records.length;
        const { seq } = records[index] as StoredRecord;
        const other = JSON.parse((records[index] as StoredRecord).text);
        for (const put of [text, "", canonical({ ...other, stack: "sandbox" })]) {
          const found = verifyChain(stack, records.with(index, { seq, text: put }), endOf(records));
          assert.ok(
            found.some((finding) => finding.seq === seq),
            JSON.stringify(found),
          );
        }
      }),
    );
  });

  it("tells of a missing head, and of one put back as it once was", () => {
    fc.assert(
      fc.property(chain, fc.nat(), (records, at) => {
        assert.equal(verifyChain(stack, records, undefined).length, 1);
        const older = records[at % records.length] as StoredRecord;
        fc.pre(older.seq < records.length);
        assert.deepEqual(
          verifyChain(stack, records, headOf(older)).map(({ seq }) => seq),
          [older.seq + 1],
        );
      }),
    );
  });

  it("is not told by itself to be forged when all after it and the head were written anew; a witness from then on tells", () => {
    fc.assert(
      fc.property(chain, fc.nat(), fc.nat(), entry, (records, at, seen, said) => {
        const index = at % records.length;
        const forged = forgedFrom(records, index, said);
        fc.pre(forged[index]?.text !== records[index]?.text);
        assert.deepEqual(verifyChain(stack, forged, endOf(forged)), []);
        const witnessed = records[index + (seen % (records.length - index))] as StoredRecord;
        const witness = { ...headOf(witnessed), where: "note" };
        assert.deepEqual(
          verifyChain(stack, forged, endOf(forged), [witness]).map(({ seq }) => seq),
          [witnessed.seq],
        );
        assert.deepEqual(verifyChain(stack, records, endOf(records), [witness]), []);
      }),
    );
  });

  it("is told by a witness to have been cut off, head and all", () => {
    fc.assert(
      fc.property(chain, fc.nat(), (records, at) => {
        const left = records.slice(0, at % records.length);
        const found = verifyChain(stack, left, left.length > 0 ? endOf(left) : undefined, [
          { ...endOf(records), where: "note" },
        ]);
        assert.deepEqual(
          found.map(({ seq }) => seq),
          [records.length],
        );
      }),
    );
  });
});

describe("canonical JSON", () => {
  it("is one text for one value, whatever the order of its keys (RFC 8785)", () => {
    assert.equal(
      canonical({ b: [1, { z: null, a: "é\n" }], a: true, c: undefined }),
      '{"a":true,"b":[1,{"a":"é\\n","z":null}]}',
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        assert.equal(canonical(reversed), canonical(value));
        assert.deepEqual(JSON.parse(canonical(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
