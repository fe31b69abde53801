import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Account, accountOf, stackProvider } from "./account.ts";
import { cdnName } from "./cdn-name.ts";
import { Database } from "./components/data/database.ts";
import { DatabaseUrl } from "./components/data/database-url.ts";
import { DatabaseUser } from "./components/data/database-user.ts";
import { MailDomain } from "./components/mail/mail-domain.ts";
import { mailTopicOf } from "./components/mail/mail-events.ts";
import { Migrations } from "./components/migrations/migrations.ts";
import { Alarms } from "./components/monitoring/alarms.ts";
import { coloursOf, Dashboard } from "./components/monitoring/dashboard.ts";
import { zonesOf } from "./components/network/existing.ts";
import { Network } from "./components/network/network.ts";
import { networkOfStack, type Place } from "./components/network/shared.ts";
import { roleLimits } from "./components/roles/boundaries.ts";
import type { ServiceOutputs } from "./components/service/outputs.ts";
import { Service } from "./components/service/service.ts";
import { Bucket } from "./components/storage/bucket.ts";
import { alarmsMayPublish, cdnMayDecrypt, Key, logsMayEncrypt, mailMayPublish } from "./components/storage/key.ts";
import { CdnLog } from "./components/traffic/cdn-log.ts";
import { PreviewHeader, previewHeaderName } from "./components/traffic/preview-header.ts";
import { Traffic } from "./components/traffic/traffic.ts";
import { WebAcl } from "./components/traffic/web-acl.ts";
import type { EnvironmentConfig } from "./config.ts";
import type { DeployConfig } from "./deploy-config.ts";
import { refuseDropped } from "./leaving.ts";
import { readPipeline, refuseLedgerElsewhere, repositoryUrl } from "./pipeline-outputs.ts";
import { profileOf } from "./profile.ts";
import { stagedImage, stagedMigrateImage } from "./release.ts";
import { readNamesWeight, readReleaseDocument } from "./release-document.ts";
import { inOrderOfRules, refuseTakenPlaces } from "./routes.ts";
import { firstWeight, type SharedNames } from "./shared-names.ts";
import { wafLogGroup } from "./waf.ts";

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
  /** Names that another environment may have as well. */
  readonly sharedNames?: SharedNames;
  /** How it is deployed: what acts on it later reads that here, not in a checkout. */
  readonly deploy: DeployConfig;
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
  refuseLedgerElsewhere(pipeline, account);
  const release = await readReleaseDocument(pipeline.ledgerTableName, name, { provider });
  const sharedNames = sharedNamesOf(config.domain);
  const namesWeight = sharedNames ? await readNamesWeight(pipeline.ledgerTableName, name, { provider }) : firstWeight;
  refuseDropped(name, config.services, release);
  refuseTakenPlaces(config.services, release);
  const { of: networkOwner } = config.network;
  const shared = networkOwner === undefined ? undefined : await networkOfStack(networkOwner, { provider });
  const zones = shared ? [] : await zonesOf({ ...config, tierZones: profile.zones }, { provider });

  const key = new Key(name, { account, profile, ...keyUse(config, account) }, options);
  const common = {
    account,
    profile,
    keyArn: key.arn,
    environment: name,
    roleLimits: roleLimits(name, pipeline.workloadBoundaryArn),
  };
  const place =
    shared ??
    placeOf(
      new Network(
        name,
        { ...common, cidr: config.network.cidr, zones, logGroupName: logGroup(name, "flows") },
        options,
      ),
    );
  const toTraffic = { ...common, ...place, domain: config.domain, namesWeight, cdnLog: filesOf(name) };
  const traffic = new Traffic(name, toTraffic, options);
  if (config.waf)
    new WebAcl(
      name,
      { ...common, config: config.waf, logGroupName: wafLogGroup(name), balancerArn: traffic.balancerArn },
      options,
    );
  const mailDomain = config.mail && new MailDomain(name, { ...common, config: config.mail }, options);
  const previewHeader = new PreviewHeader(
    `${name}-preview-header`,
    { ...common, secretName: secretName(name, "preview-header") },
    options,
  );
  const files = new Bucket(
    filesOf(name),
    { ...common, ...config.files, ownName: cdnName(filesOf(name), config, options) },
    options,
  );
  if (files.cdn) new CdnLog(filesOf(name), { distributionArn: files.cdn.arn, bucket: traffic.accessLogs }, options);
  const database = new Database(name, { ...common, ...place, config: config.database }, options);
  const databaseUser = new DatabaseUser(
    `${name}-database-user`,
    { ...common, secretName: secretName(name, "database-user") },
    options,
  );
  const databaseUrl = new DatabaseUrl(
    `${name}-database-url`,
    {
      ...common,
      secretName: secretName(name, "database-url"),
      credentials: databaseUser.credentials,
      database: accessOf(database),
    },
    options,
  );
  const cluster = new aws.ecs.Cluster(
    name,
    { settings: [{ name: "containerInsights", value: config.monitoring.containerInsights }] },
    { provider },
  );
  const client = {
    ...common,
    network: place,
    database: { ...accessOf(database), userSecretArn: databaseUser.secretArn, urlSecretArn: databaseUrl.secretArn },
  };
  const made: Record<string, Service> = {};
  let askedBefore: Service | undefined;
  for (const [service, settings] of inOrderOfRules(config.services, release)) {
    askedBefore = made[service] = new Service(
      service,
      {
        ...client,
        config: settings,
        image: stagedImage(release.services[service]),
        release: release.services[service],
        repositoryUrl: repositoryUrl(
          pipeline,
          settings.repository ?? service,
          `switchyard:services.${service}.repository`,
        ),
        traffic: { ...trafficOf(traffic), previewHeaderValue: previewHeader.value },
        askedBefore,
        cluster,
        sending: settings.mail ? mailDomain?.sending : undefined,
        files: settings.files ? accessToFiles(files) : undefined,
        tracing: settings.tracing ? config.tracing : undefined,
      },
      options,
    );
  }
  const services = mapValues(config.services, (_, service) => made[service] as Service);
  const migrationFunctionName = `${name}-migrate`;
  const migrationImage = stagedMigrateImage(release);
  new Migrations(
    migrationFunctionName,
    {
      ...client,
      config: config.migrations,
      functionName: migrationFunctionName,
      logGroupName: logGroup(name, "migrate"),
      image: migrationImage,
    },
    options,
  );
  const alarms = new Alarms(
    name,
    {
      ...common,
      config: config.monitoring,
      balancer: traffic.arnSuffix,
      databaseIdentifier: database.identifier,
      migrationFunctionName,
      configurationSet: mailDomain?.configurationSetName,
      services: mapValues(services, ({ targetGroups }, service) => ({
        targetGroups,
        alarms: config.services[service]?.alarms ?? {},
      })),
    },
    options,
  );
  new Dashboard(
    name,
    {
      environment: name,
      parts: pulumi.output({
        region: account.region,
        balancer: traffic.arnSuffix,
        clusterName: cluster.name,
        databaseIdentifier: database.identifier,
        migrationFunctionName,
        releases: release.begun ?? [],
        alarmArns: alarms.arns,
        services: mapValues(services, (each, service) => ({
          latencyMs: config.services[service]?.alarms.latencyMs ?? config.monitoring.latencyMs,
          colours: coloursOf(each),
        })),
      }),
      logGroups: {
        services: Object.values(services).map(({ outputs }) => outputs.logGroup),
        migrations: [logGroup(name, "migrate")],
      },
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
    vpcId: place.vpcId,
    previewHeader: pulumi.output({ name: previewHeaderName, secretArn: previewHeader.secretArn }),
    migrationFunctionName,
    ...(migrationImage === undefined ? {} : { migrationImage: migrationImage.digest }),
    alarmNames: alarms.names,
    services: pulumi.all(mapValues(services, (service) => service.outputs)),
    ...(sharedNames && { sharedNames }),
    deploy: config.deploy,
  };
}

function sharedNamesOf(domain: EnvironmentConfig["domain"]): SharedNames | undefined {
  return domain === undefined || domain.shared.length === 0
    ? undefined
    : { zoneId: domain.zoneId, hosts: domain.shared };
}

/** Log groups and secrets that are no service's own; no service can be called so that the two meet. */
const logGroup = (environment: string, of: string) => `/switchyard/${environment}/platform/${of}`;
const secretName = (environment: string, of: string) => `switchyard/${environment}/platform/${of}`;

/** What the environment's bucket of files is called, before the digits that make it one of a kind. */
const filesOf = (environment: string) => `${environment}-files`;

/** What the environment's key is for, and which AWS services may use it. */
function keyUse({ stack, monitoring, mail, files }: EnvironmentConfig, account: Account) {
  return {
    description: `Everything of ${stack} that is stored: secrets, logs, files, database`,
    alias: `switchyard/${stack}`,
    statements: [
      // With the firewall's log also where there is none: a right that leaves a key counts as disruptive.
      logsMayEncrypt(account, `/switchyard/${stack}/*`, wafLogGroup(stack)),
      ...(monitoring.email === undefined && monitoring.slack === undefined ? [] : [alarmsMayPublish(account)]),
      ...(mail === undefined ? [] : [mailMayPublish(account, mailTopicOf(stack))]),
      ...(files.cdn === undefined ? [] : [cdnMayDecrypt(account, `${filesOf(stack)}-*`)]),
    ],
  };
}

// A component's outputs by name: spreading a component would spread what Pulumi keeps in it too.
function placeOf({ vpcId, publicSubnetIds, privateSubnetIds, isolatedSubnetIds }: Network): Place {
  return { vpcId, publicSubnetIds, privateSubnetIds, isolatedSubnetIds };
}

function accessToFiles({ name, arn, cdn }: Bucket) {
  return { bucketName: name, bucketArn: arn, cdnUrl: cdn?.url };
}

function trafficOf({ url, listenerArn, securityGroupId, plainHttp }: Traffic) {
  return { url, listenerArn, securityGroupId, plainHttp };
}

function accessOf({ address, port, name, securityGroupId, masterSecretArn }: Database) {
  return { address, port, name, securityGroupId, masterSecretArn };
}

function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  map: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value, key)]));
}
