import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { colours } from "../../release.ts";
import type { Service } from "../service/service.ts";
import { type DashboardParts, dashboardBody } from "./dashboard-body.ts";
import { savedQueries } from "./saved-queries.ts";

export interface DashboardArgs {
  readonly environment: string;
  readonly parts: pulumi.Input<DashboardParts>;
  readonly logGroups: Readonly<Record<"services" | "migrations", pulumi.Input<pulumi.Input<string>[]>>>;
}

/** What is looked at: a page of figures, and questions to the logs that are asked again and again. */
export class Dashboard extends pulumi.ComponentResource {
  constructor(name: string, args: DashboardArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:monitoring:Dashboard", name, {}, options);
    new aws.cloudwatch.Dashboard(
      name,
      { dashboardName: args.environment, dashboardBody: pulumi.output(args.parts).apply(dashboardBody) },
      { parent: this },
    );
    for (const { name: query, of, text } of savedQueries)
      new aws.cloudwatch.QueryDefinition(
        `${name}-${query}`,
        { name: `${args.environment}/${query}`, logGroupNames: args.logGroups[of], queryString: text },
        { parent: this },
      );
    this.registerOutputs({});
  }
}

/** What a dashboard shows of a service's two colours. */
export function coloursOf({ targetGroups, serviceNames }: Pick<Service, "targetGroups" | "serviceNames">) {
  return colours.map((colour) => ({
    colour,
    targetGroup: targetGroups[colour].arnSuffix,
    serviceName: serviceNames[colour],
  }));
}
