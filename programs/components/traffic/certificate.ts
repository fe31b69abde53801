import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface CertificateArgs {
  /** Names it covers that one record proves: app.example.com, *.app.example.com or both. */
  readonly names: readonly [string, ...string[]];
  /** Route 53 hosted zone that holds them. */
  readonly zoneId: string;
  /** Whether another environment of the account may have a certificate of these names: one record proves both. */
  readonly shared?: boolean;
  /** Of the certificate, not of its record, which has none: the provider's own when absent. */
  readonly region?: string;
}

/** A certificate for a host name, a wildcard or both, proven by a DNS record and renewed by ACM. */
export class Certificate extends pulumi.ComponentResource {
  /** Known once the certificate is issued. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:traffic:Certificate", name, {}, options);
    const [domainName, ...others] = args.names;
    const region = args.region === undefined ? {} : { region: args.region };
    const certificate = new aws.acm.Certificate(
      name,
      {
        ...region,
        domainName,
        ...(others.length === 0 ? {} : { subjectAlternativeNames: others }),
        validationMethod: "DNS",
      },
      { parent: this },
    );
    const proof = certificate.domainValidationOptions.apply((options) => {
      const [first] = options;
      if (first === undefined) throw new Error(`ACM gave no validation record for ${domainName}`);
      return first;
    });
    const record = new aws.route53.Record(
      `${name}-proof`,
      {
        zoneId: args.zoneId,
        name: proof.resourceRecordName,
        type: proof.resourceRecordType.apply((type) => type as aws.route53.RecordType),
        records: [proof.resourceRecordValue],
        ttl: 300,
        ...(args.shared && { allowOverwrite: true }),
      },
      // The other's is renewed by it, too, when this one is gone.
      { parent: this, ...(args.shared && { retainOnDelete: true }) },
    );
    const issued = new aws.acm.CertificateValidation(
      name,
      { ...region, certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      { parent: this },
    );
    this.arn = issued.certificateArn;
    this.registerOutputs({ arn: this.arn });
  }
}
