import assert from "node:assert/strict";
import { environmentOf, runEnvironment, statements } from "../runs.ts";

type Made = ReturnType<Awaited<ReturnType<typeof runEnvironment>>["resources"]["one"]>;

describe("storage", () => {
  it("has every bucket private, versioned, encrypted, owned, tidied and TLS only", async () => {
    const { resources } = await environmentOf("production");
    for (const name of ["production-files", "production-access-logs"]) {
      const of = (type: string) =>
        resources.one(`aws:s3/${type[0]?.toLowerCase()}${type.slice(1)}:${type}`, name).inputs;
      assert.deepEqual(of("BucketPublicAccessBlock"), {
        bucket: name,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      });
      assert.deepEqual(of("BucketVersioning")["versioningConfiguration"], { status: "Enabled" });
      assert.deepEqual(of("BucketOwnershipControls")["rule"], { objectOwnership: "BucketOwnerEnforced" });
      assert.equal(statements(of("BucketPolicy")["policy"])[0]?.Action, "s3:*");
      assert.ok(of("BucketLifecycleConfiguration")["rules"]);
    }
    const encryption = (name: string) =>
      JSON.stringify(
        resources.one("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", name)
          .inputs["rules"],
      );
    assert.match(encryption("production-files"), /"sseAlgorithm":"aws:kms"/);
    assert.match(encryption("production-access-logs"), /"sseAlgorithm":"AES256"/);
  });

  it("lets pages use files by signed addresses where their origin is named, and files go where that is said", async () => {
    const type = "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration";
    const rules = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
    const expiration = ({ resources }: Awaited<ReturnType<typeof runEnvironment>>) =>
      (resources.one(rules, "sandbox-files").inputs["rules"] as readonly { readonly expiration?: unknown }[])[0]
        ?.expiration;
    const without = await runEnvironment({});
    assert.deepEqual(without.resources.all(type), []);
    assert.equal(expiration(without), undefined);
    const files = { origins: ["https://www.example.com"], expireDays: 90 };
    const made = await runEnvironment({ files });
    assert.deepEqual(made.resources.one(type, "sandbox-files").inputs["corsRules"], [
      {
        allowedOrigins: ["https://www.example.com"],
        allowedMethods: ["GET", "HEAD", "PUT"],
        allowedHeaders: ["content-type"],
        exposeHeaders: ["ETag"],
        maxAgeSeconds: 3600,
      },
    ]);
    assert.deepEqual(expiration(made), { days: 90 });
  });

  it("has a CDN in front of what is public in it, which reads that alone, where one is asked for", async () => {
    const [distribution, control] = ["distribution:Distribution", "originAccessControl:OriginAccessControl"].map(
      (type) => `aws:cloudfront/${type}`,
    ) as [string, string];
    const without = await runEnvironment({});
    for (const type of [distribution, control]) assert.deepEqual(without.resources.all(type), []);
    assert.doesNotMatch(JSON.stringify(without.resources.all("aws:kms/key:Key")), /cloudfront/);
    const { resources } = await runEnvironment({ files: { cdn: { priceClass: "all" } } });
    const { inputs } = resources.one(distribution);
    assert.deepEqual(
      [inputs["enabled"], inputs["priceClass"], inputs["httpVersion"], inputs["aliases"]],
      [true, "PriceClass_All", "http2and3", undefined],
    );
    const [origin, ...others] = inputs["origins"] as readonly Record<string, unknown>[];
    assert.deepEqual(others, []);
    assert.equal(origin?.["originAccessControlId"], "sandbox-files-id");
    assert.match(String(origin?.["domainName"]), /^sandbox-files\.s3\.us-east-1\.amazonaws\.com$/);
    const { signingBehavior, signingProtocol } = resources.one(control).inputs;
    assert.deepEqual([signingBehavior, signingProtocol], ["always", "sigv4"]);
    const behavior = inputs["defaultCacheBehavior"] as Record<string, unknown>;
    assert.deepEqual(
      [behavior["viewerProtocolPolicy"], behavior["allowedMethods"], behavior["compress"]],
      ["redirect-to-https", ["GET", "HEAD"], true],
    );
    const policy = resources.one("aws:s3/bucketPolicy:BucketPolicy", "sandbox-files").inputs["policy"];
    assert.deepEqual(
      statements(policy).filter(({ Effect }) => Effect === "Allow"),
      [
        {
          Sid: "Cdn",
          Effect: "Allow",
          Principal: { Service: "cloudfront.amazonaws.com" },
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::sandbox-files/public/*",
          Condition: {
            StringEquals: { "aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/sandbox-files" },
          },
        },
      ],
    );
    const key = statements(resources.one("aws:kms/key:Key").inputs["policy"]);
    const ofCdn = key.find(({ Principal }) => JSON.stringify(Principal).includes("cloudfront"));
    assert.deepEqual(
      [ofCdn?.Action, ofCdn?.Condition],
      [
        "kms:Decrypt",
        {
          ArnLike: {
            "aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/*",
            "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::sandbox-files-*",
          },
        },
      ],
    );
  });

  it("has who asked its CDN for what delivered beside the balancer's log, by the one region that does, without cookies", async () => {
    const ofLogs = (type: string) => `aws:cloudwatch/log${type}:Log${type}`;
    const kinds = ["DeliverySource", "DeliveryDestination", "Delivery"].map(ofLogs) as [string, string, string];
    const without = await runEnvironment({});
    for (const type of kinds) assert.deepEqual(without.resources.all(type), []);
    const { resources } = await runEnvironment({ files: { cdn: {} } });
    const [source, destination, delivery] = kinds.map((type) => resources.one(type)) as [Made, Made, Made];
    for (const { inputs } of [source, destination, delivery]) assert.equal(inputs["region"], "us-east-1");
    assert.equal(source.inputs["resourceArn"], "arn:aws:cloudfront::123456789012:distribution/sandbox-files");
    assert.deepEqual(destination.inputs["deliveryDestinationConfiguration"], {
      destinationResourceArn: "arn:aws:s3:::sandbox-access-logs",
    });
    assert.equal(delivery.inputs["deliverySourceName"], source.inputs["name"]);
    assert.ok(!(delivery.inputs["recordFields"] as readonly string[]).includes("cs(Cookie)"));
    const policy = resources.one("aws:s3/bucketPolicy:BucketPolicy", "sandbox-access-logs").inputs["policy"];
    const delivers =
      statements(policy).find(({ Principal }) => JSON.stringify(Principal).includes("delivery.logs")) ?? {};
    assert.deepEqual(delivers, {
      Sid: "DeliverCdnLog",
      Effect: "Allow",
      Principal: { Service: "delivery.logs.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::sandbox-access-logs/AWSLogs/123456789012/CloudFront/*",
      Condition: {
        StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": "123456789012" },
        ArnLike: {
          "aws:SourceArn": `arn:aws:logs:us-east-1:123456789012:delivery-source:${String(source.inputs["name"])}`,
        },
      },
    });
  });

  it("has its CDN answer at a name of the environment's zone, with a certificate of the one region CloudFront takes them of", async () => {
    const domain = { name: "app.example.com", zoneId: "Z0123456" };
    const { resources } = await runEnvironment({ domain, files: { cdn: { name: "files.example.com" } } });
    const { inputs } = resources.one("aws:cloudfront/distribution:Distribution");
    assert.deepEqual(inputs["aliases"], ["files.example.com"]);
    const { acmCertificateArn, ...viewer } = inputs["viewerCertificate"] as Record<string, unknown>;
    assert.deepEqual(viewer, { sslSupportMethod: "sni-only", minimumProtocolVersion: "TLSv1.2_2021" });
    const certificate = resources.one("aws:acm/certificate:Certificate", "sandbox-files");
    assert.equal(
      acmCertificateArn,
      resources.one("aws:acm/certificateValidation:CertificateValidation", "sandbox-files").inputs["certificateArn"],
    );
    assert.deepEqual(
      [certificate.inputs["domainName"], certificate.inputs["region"]],
      ["files.example.com", "us-east-1"],
    );
    assert.equal(resources.one("aws:acm/certificate:Certificate", "sandbox").inputs["region"], undefined);
    const records = resources
      .all("aws:route53/record:Record")
      .filter(({ inputs: { name } }) => name === "files.example.com");
    assert.deepEqual(
      records.map(({ inputs: { type, zoneId, aliases } }) => [type, zoneId, aliases]),
      ["A", "AAAA"].map((type) => [
        type,
        "Z0123456",
        [{ name: "d1.cloudfront.net", zoneId: "Z2FDTNDATAQYW2", evaluateTargetHealth: false }],
      ]),
    );
  });

  it("lets scripts of other pages read at its CDN where some pages may use files", async () => {
    const headersOf = async (files: object) => {
      const { resources } = await runEnvironment({ files });
      const behavior = resources.one("aws:cloudfront/distribution:Distribution").inputs["defaultCacheBehavior"];
      return (behavior as Record<string, unknown>)["responseHeadersPolicyId"];
    };
    // AWS's managed SecurityHeadersPolicy and CORS-and-SecurityHeadersPolicy.
    assert.equal(await headersOf({ cdn: {} }), "67f7725c-6f97-4210-82d7-5512b31e9d03");
    const origins = ["https://www.example.com"];
    assert.equal(await headersOf({ origins, cdn: {} }), "e61eb60c-9c35-4d20-a928-2b84e02af89c");
  });

  it("keeps buckets from being deleted with what they hold in production only", async () => {
    for (const [tier, destroy] of [
      ["production", false],
      ["development", true],
    ] as const) {
      const { inputs, protect } = (await environmentOf(tier)).resources.one("aws:s3/bucket:Bucket", `${tier}-files`);
      assert.equal(inputs["forceDestroy"], destroy);
      assert.equal(protect, !destroy);
    }
  });

  it("has one rotating key, which logs of this environment may use", async () => {
    const { resources } = await environmentOf("production");
    const { inputs, protect } = resources.one("aws:kms/key:Key");
    assert.equal(inputs["enableKeyRotation"], true);
    assert.equal(inputs["deletionWindowInDays"], 30);
    assert.equal(protect, true);
    const logs = statements(inputs["policy"]).find(({ Principal }) => JSON.stringify(Principal).includes("logs."));
    assert.deepEqual(logs?.Condition, {
      ArnLike: {
        "kms:EncryptionContext:aws:logs:arn": [
          "arn:aws:logs:us-east-1:123456789012:log-group:/switchyard/production/*",
          "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-switchyard-production",
        ],
      },
    });
  });

  it("keeps logs for a year in production, a month elsewhere, encrypted", async () => {
    for (const [tier, days] of [
      ["production", 365],
      ["development", 30],
    ] as const) {
      const groups = (await environmentOf(tier)).resources.all("aws:cloudwatch/logGroup:LogGroup");
      assert.equal(groups.length, 4);
      for (const { inputs } of groups) {
        assert.equal(inputs["retentionInDays"], days);
        assert.ok(String(inputs["name"]).startsWith(`/switchyard/${tier}/`), "where the key's policy lets logs be");
        assert.ok(inputs["kmsKeyId"]);
      }
    }
  });
});
