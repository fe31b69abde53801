/** Amazon SES: configuration sets, and where each tells what became of its messages. */
import {
  CreateConfigurationSetCommand,
  CreateConfigurationSetEventDestinationCommand,
  DeleteConfigurationSetCommand,
  DeleteConfigurationSetEventDestinationCommand,
  type EventDestination,
  type EventDestinationDefinition,
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  type GetConfigurationSetResponse,
  PutConfigurationSetReputationOptionsCommand,
  PutConfigurationSetSuppressionOptionsCommand,
  UpdateConfigurationSetEventDestinationCommand,
} from "@aws-sdk/client-sesv2";
import { GetTopicAttributesCommand, SNSClient } from "@aws-sdk/client-sns";
import { awsError, type CloudContext } from "../handlers.ts";
import { keyOf, type Where } from "./where.ts";

interface ConfigurationSet {
  readonly described: GetConfigurationSetResponse;
  readonly destinations: ReadonlyMap<string, EventDestination>;
}

export class ConfigurationSets {
  readonly #cloud: CloudContext;
  readonly #sets = new Map<string, ConfigurationSet>();

  constructor(cloud: CloudContext) {
    this.#cloud = cloud;
  }

  /** @throws AwsError `NotFoundException` */
  of(where: Where, name = ""): ConfigurationSet {
    const found = this.#sets.get(keyOf(where, name));
    if (found === undefined) throw awsError("NotFoundException", `Configuration set <${name}> does not exist.`, 404);
    return found;
  }

  describe(where: Where, name: string | undefined, more: Partial<GetConfigurationSetResponse>) {
    const { described, destinations } = this.of(where, name);
    this.#sets.set(keyOf(where, name), { described: { ...described, ...more }, destinations });
    return {};
  }

  install(): void {
    const cloud = this.#cloud;
    cloud.handle(CreateConfigurationSetCommand, (input, call) => {
      const key = keyOf(call, input.ConfigurationSetName);
      if (this.#sets.has(key))
        throw awsError("AlreadyExistsException", `Configuration set <${input.ConfigurationSetName}> already exists.`);
      this.#sets.set(key, { described: { ...input }, destinations: new Map() });
      return {};
    });
    cloud.handle(GetConfigurationSetCommand, (input, call) => this.of(call, input.ConfigurationSetName).described);
    cloud.handle(PutConfigurationSetReputationOptionsCommand, (input, call) =>
      this.describe(call, input.ConfigurationSetName, {
        ReputationOptions: { ReputationMetricsEnabled: input.ReputationMetricsEnabled ?? false },
      }),
    );
    cloud.handle(PutConfigurationSetSuppressionOptionsCommand, ({ ConfigurationSetName, SuppressedReasons }, call) =>
      this.describe(call, ConfigurationSetName, {
        SuppressionOptions: SuppressedReasons && { SuppressedReasons },
      }),
    );
    cloud.handle(DeleteConfigurationSetCommand, (input, call) => {
      this.of(call, input.ConfigurationSetName);
      this.#sets.delete(keyOf(call, input.ConfigurationSetName));
      return {};
    });
    this.#installDestinations();
    cloud.onReset(() => this.#sets.clear());
  }

  #installDestinations(): void {
    const cloud = this.#cloud;
    cloud.handle(CreateConfigurationSetEventDestinationCommand, async (input, call) => {
      const { ConfigurationSetName: set, EventDestinationName: name = "" } = input;
      if (this.of(call, set).destinations.has(name))
        throw awsError("AlreadyExistsException", `Event destination <${name}> already exists.`);
      return this.#put(call, set, name, input.EventDestination);
    });
    cloud.handle(UpdateConfigurationSetEventDestinationCommand, async (input, call) => {
      const { ConfigurationSetName: set, EventDestinationName: name = "" } = input;
      this.#destinationOf(call, set, name);
      return this.#put(call, set, name, input.EventDestination);
    });
    cloud.handle(GetConfigurationSetEventDestinationsCommand, (input, call) => ({
      EventDestinations: [...this.of(call, input.ConfigurationSetName).destinations.values()],
    }));
    cloud.handle(DeleteConfigurationSetEventDestinationCommand, (input, call) => {
      const { ConfigurationSetName: set, EventDestinationName: name = "" } = input;
      this.#destinationOf(call, set, name);
      const { described, destinations } = this.of(call, set);
      const left = new Map([...destinations].filter(([one]) => one !== name));
      this.#sets.set(keyOf(call, set), { described, destinations: left });
      return {};
    });
  }

  #destinationOf(where: Where, set: string | undefined, name: string): EventDestination {
    const found = this.of(where, set).destinations.get(name);
    if (found === undefined) throw awsError("NotFoundException", `Event destination <${name}> does not exist.`, 404);
    return found;
  }

  /** As Amazon SES does, the topic is tried first. */
  async #put(where: Where, set: string | undefined, Name: string, given: EventDestinationDefinition = {}) {
    const TopicArn = given.SnsDestination?.TopicArn;
    if (TopicArn === undefined)
      throw awsError("BadRequestException", "The sandbox has event destinations of Amazon SNS alone");
    const sns = this.#cloud.at(TopicArn).moto(SNSClient);
    await sns.send(new GetTopicAttributesCommand({ TopicArn })).catch(() => {
      throw awsError("BadRequestException", `SNS topic <${TopicArn}> not found.`);
    });
    const { described, destinations } = this.of(where, set);
    const destination = { ...given, Name, MatchingEventTypes: given.MatchingEventTypes ?? [] };
    this.#sets.set(keyOf(where, set), { described, destinations: new Map(destinations).set(Name, destination) });
    return {};
  }
}
