import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { accountOf, stackProvider } from "./account.ts";
import { Database } from "./components/data/database.ts";
import { DatabaseUser } from "./components/data/database-user.ts";
import { Migrations } from "./components/migrations/migrations.ts";
import { Alarms } from "./components/monitoring/alarms.ts";
import { Network } from "./components/network/network.ts";
import type { ServiceOutputs } from "./components/service/outputs.ts";
import { Service } from "./components/service/service.ts";
import { Bucket } from "./components/storage/bucket.ts";
import { alarmsMayPublish, Key, logsMayEncrypt } from "./components/storage/key.ts";
import { PreviewHeader, previewHeaderName } from "./components/traffic/preview-header.ts";
import { Traffic } from "./components/traffic/traffic.ts";
import type { EnvironmentConfig } from "./config.ts";
import { readPipeline, repositoryUrl } from "./pipeline-outputs.ts";
import { profileOf } from "./profile.ts";
import { stagedImage, stagedMigrateImage } from "./release.ts";
import { readReleaseDocument } from "./release-document.ts";

/** What an environment tells its users and the driver. */
export interface EnvironmentOutputs {
  /** Where the environment answers. */
  readonly url: string;
  readonly albHostname: string;
  /** `<address>:<port>`; reachable from inside only. */
  readonly databaseEndpoint: string;
  /** Of the environment's files. */
  readonly bucketDomainName: string;
  readonly clusterName: string;
  readonly listenerArn: string;
  readonly vpcId: string;
  /** The header that reaches the idle colour; its value is in Secrets Manager only. */
  readonly previewHeader: { readonly name: string; readonly secretArn: string };
  /** Exists once there is a `migrationImage`. */
  readonly migrationFunctionName: string;
  readonly migrationImage?: string;
  readonly alarmNames: readonly string[];
  readonly services: Readonly<Record<string, ServiceOutputs>>;
}

/** The same, while a program runs. */
export type EnvironmentOutput = { readonly [Key in keyof EnvironmentOutputs]: pulumi.Input<EnvironmentOutputs[Key]> };

/** An environment: network, load balancer, services in two colours, database, migrations, files, alarms. */
export async function environment(config: EnvironmentConfig): Promise<EnvironmentOutput> {
  const name = config.stack;
  const profile = profileOf(config.tier);
  const provider = stackProvider(name, config);
  const options = { providers: { aws: provider } };
  const account = await accountOf(provider);
  const pipeline = await readPipeline(config.pipelineStack);
  const release = await readReleaseDocument(pipeline.ledgerTableName, name, { provider });

  const logs = `/switchyard/${name}/`;
  const key = new Key(
    name,
    {
      description: `Everything of ${name} that is stored: secrets, logs, files, database`,
      alias: `switchyard/${name}`,
      account,
      profile,
      statements: [
        logsMayEncrypt(account, logs),
        ...(config.monitoring.email === undefined ? [] : [alarmsMayPublish(account)]),
      ],
    },
    options,
  );
  const common = { account, profile, keyArn: key.arn };
  const network = new Network(
    name,
    {
      ...common,
      cidr: config.network.cidr,
      zones: config.network.zones ?? profile.zones,
      logGroupName: `${logs}platform/flows`,
    },
    options,
  );
  const traffic = new Traffic(
    name,
    { ...common, vpcId: network.vpcId, publicSubnetIds: network.publicSubnetIds, domain: config.domain },
    options,
  );
  const previewHeader = new PreviewHeader(
    `${name}-preview-header`,
    { ...common, secretName: `switchyard/${name}/platform/preview-header` },
    options,
  );
  const files = new Bucket(`${name}-files`, common, options);
  const database = new Database(
    name,
    {
      ...common,
      environment: name,
      config: config.database,
      vpcId: network.vpcId,
      isolatedSubnetIds: network.isolatedSubnetIds,
    },
    options,
  );
  const databaseUser = new DatabaseUser(
    `${name}-database-user`,
    { ...common, secretName: `switchyard/${name}/platform/database-user` },
    options,
  );
  const cluster = new aws.ecs.Cluster(
    name,
    { settings: [{ name: "containerInsights", value: "enabled" }] },
    { provider },
  );

  const services: Record<string, Service> = {};
  for (const [service, settings] of Object.entries(config.services)) {
    const repository = settings.repository ?? service;
    services[service] = new Service(
      service,
      {
        ...common,
        environment: name,
        config: settings,
        image: stagedImage(release.services[service]),
        repositoryUrl: repositoryUrl(pipeline, repository, `switchyard:services.${service}.repository`),
        network,
        traffic: { ...trafficOf(traffic), previewHeaderValue: previewHeader.value },
        cluster,
        database: { ...accessOf(database), userSecretArn: databaseUser.secretArn },
      },
      options,
    );
  }

  const migrationImage = stagedMigrateImage(release);
  const migrationFunctionName = `${name}-migrate`;
  new Migrations(
    `${name}-migrate`,
    {
      ...common,
      config: config.migrations,
      functionName: migrationFunctionName,
      logGroupName: `${logs}platform/migrate`,
      image: migrationImage,
      vpcId: network.vpcId,
      privateSubnetIds: network.privateSubnetIds,
      database: {
        ...accessOf(database),
        masterSecretArn: database.masterSecretArn,
        userSecretArn: databaseUser.secretArn,
      },
    },
    options,
  );
  const alarms = new Alarms(
    name,
    {
      ...common,
      environment: name,
      config: config.monitoring,
      balancer: traffic.arnSuffix,
      services: mapValues(services, (service) => service.targetGroups),
    },
    options,
  );

  return {
    url: traffic.url,
    albHostname: traffic.hostname,
    databaseEndpoint: database.endpoint,
    bucketDomainName: files.domainName,
    clusterName: cluster.name,
    listenerArn: traffic.listenerArn,
    vpcId: network.vpcId,
    previewHeader: pulumi.output({ name: previewHeaderName, secretArn: previewHeader.secretArn }),
    migrationFunctionName,
    ...(migrationImage === undefined ? {} : { migrationImage: migrationImage.digest }),
    alarmNames: alarms.names,
    services: pulumi.all(mapValues(services, (service) => service.outputs)),
  };
}

function trafficOf({ url, listenerArn, securityGroupId, plainHttp }: Traffic) {
  return { url, listenerArn, securityGroupId, plainHttp };
}

function accessOf({ address, port, name, securityGroupId }: Database) {
  return { address, port, name, securityGroupId };
}

function mapValues<From, To>(values: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
