import { SwitchyardError } from "./errors.ts";
import { imagePlace } from "./runner-config.ts";

interface Placed {
  readonly notifierImage?: string | undefined;
  readonly githubTokenSecretArn: string;
  readonly slackSecretArn?: string | undefined;
  readonly alarmTopicArn?: string | undefined;
}

const regionOf = (arn: string) => arn.split(":")[3];

/**
 * Functions run images of their own region alone, alarms tell its topics alone, and secrets are asked for there (AWS Lambda,
 * "Create a function using a container image"; Amazon CloudWatch API, PutMetricAlarm).
 *
 * @throws SwitchyardError `invalid-config` naming the key.
 */
export function refuseElsewhere(config: Placed, region: string): void {
  const { notifierImage, githubTokenSecretArn, slackSecretArn, alarmTopicArn } = config;
  const places = {
    githubTokenSecretArn: regionOf(githubTokenSecretArn),
    slackSecretArn: slackSecretArn && regionOf(slackSecretArn),
    alarmTopicArn: alarmTopicArn && regionOf(alarmTopicArn),
    notifierImage: notifierImage && imagePlace(notifierImage).region,
  };
  for (const [key, found] of Object.entries(places))
    if (found !== undefined && found !== region)
      throw new SwitchyardError("invalid-config", {
        what: `it is of ${found}, and the runner of ${region}`,
        where: `switchyard:${key}`,
        fix: "Name one of the runner's region, or apply the runner where it is",
      });
}
