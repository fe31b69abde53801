import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Profile } from "../../profile.ts";
import type { PublicRepositoryConfig } from "../../registry-config.ts";

export interface PublicRepositoryArgs {
  readonly profile: Profile;
  readonly repositoryName: string;
  readonly catalogue: PublicRepositoryConfig;
}

/** A repository of Amazon ECR Public, with what its page in the gallery says. */
export class PublicRepository extends pulumi.ComponentResource {
  readonly uri: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: PublicRepositoryArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:registry:PublicRepository", name, {}, options);
    const { description, about, usage, architectures, operatingSystems } = args.catalogue;
    const repository = new aws.ecrpublic.Repository(
      name,
      {
        repositoryName: args.repositoryName,
        forceDestroy: args.profile.forceDestroy,
        catalogData: {
          description,
          aboutText: about,
          usageText: usage,
          architectures: [...architectures],
          operatingSystems: [...operatingSystems],
        },
      },
      { parent: this, protect: args.profile.protect },
    );
    this.uri = repository.repositoryUri;
    this.arn = repository.arn;
    this.registerOutputs({ uri: this.uri, arn: this.arn });
  }
}
