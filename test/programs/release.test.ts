import assert from "node:assert/strict";
import fc from "fast-check";
import { SwitchyardError } from "../../programs/errors.ts";
import {
  type Deployed,
  emptyRelease,
  type Image,
  parseReleaseDocument,
  type ReleaseDocument,
  type ServiceRelease,
  stagedImage,
  stagedMigrateImage,
} from "../../programs/release.ts";

const hex = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 64, maxLength: 64 });
const image: fc.Arbitrary<Image> = fc.tuple(hex, fc.string({ minLength: 1 })).map(([digits, version]) => ({
  digest: `123456789012.dkr.ecr.us-east-1.amazonaws.com/web@sha256:${digits}`,
  version,
}));
const deployed: fc.Arbitrary<Deployed> = fc.tuple(image, fc.array(fc.string())).map(([of, migrations]) => ({
  ...of,
  taskDefinitionArn: "arn",
  release: "abc",
  deployedAt: "2026-01-05T00:00:00Z",
  migrations,
}));
const optional = <Value>(key: string, value: fc.Arbitrary<Value>) =>
  fc.option(value, { nil: undefined }).map((found) => (found === undefined ? {} : { [key]: found }));
const service: fc.Arbitrary<ServiceRelease> = fc
  .tuple(deployed, deployed, fc.constantFrom("blue", "green"), optional("next", image), fc.nat(3))
  .map(([blue, green, live, next, shape]) => {
    if (shape === 0) return next;
    if (shape === 1) return { [live]: blue, live, ...next };
    return { blue, green, live, ...next };
  });
const document: fc.Arbitrary<ReleaseDocument> = fc
  .tuple(fc.nat(), fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), service, { noNullPrototype: true }))
  .map(([revision, services]) => ({ format: 1, revision, services }));

describe("release document", () => {
  it("comes back as it was written", () => {
    fc.assert(
      fc.property(document, (written) => {
        assert.deepEqual(parseReleaseDocument(JSON.stringify(written)), written);
      }),
    );
  });

  it("is empty when there is no item yet", () => {
    assert.deepEqual(parseReleaseDocument(undefined), emptyRelease);
  });

  const broken: readonly (readonly [string, string, RegExp])[] = [
    ["no JSON", "{", /content is not JSON/],
    ["an empty text", "", /content is not JSON/],
    ["no object", "[]", /ledger item "release": .*expected object/],
    ["another format", '{"format":2,"revision":0,"services":{}}', /"release" format: /],
    ["a negative revision", '{"format":1,"revision":-1,"services":{}}', /"release" revision: /],
    ["an unknown key", '{"format":1,"revision":0,"services":{},"x":1}', /not a release document \(Unrecognized key/],
    ["another colour", '{"format":1,"revision":0,"services":{"web":{"live":"red"}}}', /services\.web\.live: /],
    [
      "an empty live colour",
      '{"format":1,"revision":0,"services":{"web":{"live":"blue"}}}',
      /services\.web\.live: .*nothing deployed/,
    ],
    ...(["1,0", "0,0", "5,4"] as const).map((bounds): [string, string, RegExp] => {
      const [min, max] = bounds.split(",");
      const json = `{"format":1,"revision":0,"services":{"web":{"scale":{"min":${min},"max":${max}}}}}`;
      return [`bounds of ${bounds} tasks`, json, /services\.web\.scale/];
    }),
    [
      "no date",
      '{"format":1,"revision":0,"services":{"web":{"warmUntil":"soon"}}}',
      /services\.web\.warmUntil: .*a date in ISO 8601/,
    ],
    [
      "an image known by tag",
      '{"format":1,"revision":0,"services":{"web":{"next":{"digest":"web:v1","version":"v1"}}}}',
      /services\.web\.next\.digest: .*sha256/,
    ],
  ];
  for (const [name, json, error] of broken)
    it(`is refused with ${name}`, () =>
      assert.throws(
        () => parseReleaseDocument(json),
        (thrown) => {
          assert.ok(thrown instanceof SwitchyardError);
          assert.equal(thrown.code, "invalid-release");
          assert.match(thrown.message, error);
          return true;
        },
      ));
});

describe("the staged image", () => {
  it("is the next one, else the live colour's, else none", () => {
    fc.assert(
      fc.property(service, (of) => {
        const staged = stagedImage(of);
        const expected = of.next ?? (of.live && of[of.live]);
        assert.equal(staged?.digest, expected?.digest);
        assert.equal(staged?.version, expected?.version);
      }),
    );
    assert.equal(stagedImage(undefined), undefined);
  });

  it("of a service that is retired is what it served", () => {
    const served = { digest: `r/web@sha256:${"a".repeat(64)}`, version: "v1" };
    const green = { ...served, taskDefinitionArn: "t", release: "r", deployedAt: "2026-01-01", migrations: [] };
    assert.deepEqual(stagedImage({ green, retired: { colour: "green", tasks: 2 } }), served);
    const document = (service: object) => () =>
      parseReleaseDocument(JSON.stringify({ ...emptyRelease, services: { web: service } }));
    assert.ok(document({ green, retired: { colour: "green", tasks: 2 } })());
    assert.throws(document({ green, retired: { colour: "blue", tasks: 2 } }), /retired.*nothing deployed/);
    assert.throws(document({ live: "green", green, retired: { colour: "green", tasks: 2 } }), /live as well/);
  });

  it("holds nothing but the image, so that going live changes no plan", () => {
    fc.assert(
      fc.property(deployed, image, (live, next) => {
        const before = stagedImage({ next: { digest: live.digest, version: live.version } });
        assert.deepEqual(stagedImage({ live: "green", green: live }), before);
        assert.deepEqual(stagedImage({ live: "green", green: live, next }), next);
      }),
    );
  });

  it("of the migration function is the next one, else the last", () => {
    const live = { digest: "a", version: "v1" };
    const next = { digest: "b", version: "v2" };
    assert.equal(stagedMigrateImage(emptyRelease), undefined);
    assert.equal(stagedMigrateImage({ ...emptyRelease, migrate: { live } }), live);
    assert.equal(stagedMigrateImage({ ...emptyRelease, migrate: { live, next } }), next);
  });
});
