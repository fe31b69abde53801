import * as pulumi from "@pulumi/pulumi";
import { accountOf, stackProvider } from "./account.ts";
import { ImageRepository } from "./components/pipeline/image-repository.ts";
import { Ledger } from "./components/pipeline/ledger.ts";
import { SweepAlarm } from "./components/pipeline/sweep-alarm.ts";
import { Boundaries } from "./components/roles/boundaries.ts";
import { chosenRights } from "./components/roles/documents/runner.ts";
import { Roles } from "./components/roles/roles.ts";
import { Bucket } from "./components/storage/bucket.ts";
import { Key } from "./components/storage/key.ts";
import type { PipelineConfig } from "./config.ts";
import type { PipelineOutputs } from "./pipeline-outputs.ts";
import { profileOf } from "./profile.ts";

/** The same as PipelineOutputs, while a program runs. */
export type PipelineOutput = { readonly [Key in keyof PipelineOutputs]: pulumi.Input<PipelineOutputs[Key]> };

/**
 * What every environment needs before it exists: images, the ledger of releases, the keys of both, where state is kept, and
 * the roles of the workflows.
 */
export async function pipeline(config: PipelineConfig): Promise<PipelineOutput> {
  const name = config.stack;
  const profile = profileOf(config.tier);
  const provider = stackProvider(name, config);
  const options = { providers: { aws: provider } };
  const account = await accountOf(provider);

  const stateKey = new Key(
    `${name}-state`,
    { description: "State of every stack, and the ledger", alias: `switchyard/${name}/state`, account, profile },
    options,
  );
  const imageKey = new Key(
    `${name}-images`,
    { description: "Container images", alias: `switchyard/${name}/images`, account, profile },
    options,
  );
  const ledger = new Ledger(`${name}-ledger`, { profile, keyArn: stateKey.arn }, options);
  const repositoryUrls: Record<string, pulumi.Output<string>> = {};
  for (const image of config.repositories)
    repositoryUrls[image] = new ImageRepository(
      image,
      {
        account,
        profile,
        repositoryName: `switchyard/${image}`,
        keyArn: imageKey.arn,
        keepImages: config.keepImages,
        pullAccounts: config.pullAccounts,
        functions: config.functionRepositories.includes(image),
      },
      options,
    ).url;
  if (config.stateBucket !== undefined)
    new Bucket(`${name}-state`, { profile, keyArn: stateKey.arn, adopt: config.stateBucket }, options);
  if (config.sweepAlarmTopic !== undefined)
    new SweepAlarm(
      `${name}-preview-sweep`,
      { topicArn: config.sweepAlarmTopic, repository: config.github?.repository },
      options,
    );
  const more = chosenRights(account, config.github ?? {});
  const boundaries = new Boundaries(name, { account, stateKeyArn: stateKey.arn, more }, options);
  const roles =
    config.github === undefined
      ? undefined
      : new Roles(
          name,
          {
            account,
            github: config.github,
            pipelineStack: name,
            stateBucket: config.stateBucket,
            ledgerArn: ledger.tableArn,
            stateKeyArn: stateKey.arn,
            imageKeyArn: imageKey.arn,
            boundaries,
          },
          options,
        );

  return {
    repositoryUrls: pulumi.all(repositoryUrls),
    ledgerTableName: ledger.tableName,
    ledgerTableArn: ledger.tableArn,
    stateKeyArn: stateKey.arn,
    imageKeyArn: imageKey.arn,
    workloadBoundaryArn: boundaries.workloadArn,
    ...(roles === undefined ? {} : { roleArns: roles.arns, rolePolicyArns: roles.policyArns }),
    ...(config.stateBucket !== undefined && { stateBucket: config.stateBucket }),
  };
}
