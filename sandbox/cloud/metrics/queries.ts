/** What moto lacks of CloudWatch Logs: queries that are kept. */
import { randomUUID } from "node:crypto";
import {
  DeleteQueryDefinitionCommand,
  DescribeQueryDefinitionsCommand,
  PutQueryDefinitionCommand,
  type QueryDefinition,
} from "@aws-sdk/client-cloudwatch-logs";
import { awsError, type CloudContext } from "../handlers.ts";

export function installQueries(cloud: CloudContext): void {
  /** By account, region and id. */
  const kept = new Map<string, QueryDefinition>();
  const unknown = () => awsError("ResourceNotFoundException", "The specified query definition does not exist.");
  const keyOf = (call: { readonly account: string; readonly region: string }, id = "") =>
    `${call.account}/${call.region}/${id}`;

  cloud.handle(PutQueryDefinitionCommand, (input, call) => {
    const { queryDefinitionId = randomUUID(), name, queryString, logGroupNames } = input;
    const key = keyOf(call, queryDefinitionId);
    if (input.queryDefinitionId !== undefined && !kept.has(key)) throw unknown();
    kept.set(key, { queryDefinitionId, name, queryString, logGroupNames, lastModified: cloud.clock.now() });
    return { queryDefinitionId };
  });
  cloud.handle(DescribeQueryDefinitionsCommand, ({ queryDefinitionNamePrefix = "" }, call) => ({
    queryDefinitions: [...kept]
      .filter(([key, { name = "" }]) => key.startsWith(keyOf(call)) && name.startsWith(queryDefinitionNamePrefix))
      .map(([, definition]) => definition),
  }));
  cloud.handle(DeleteQueryDefinitionCommand, ({ queryDefinitionId }, call) => {
    if (!kept.delete(keyOf(call, queryDefinitionId))) throw unknown();
    return { success: true };
  });
  cloud.onReset(() => kept.clear());
}
