import type { Price, PriceList } from "../../../programs/cost/catalogue.ts";
import { cost } from "../../../programs/cost/config.ts";

const price = (usd: number, per: Price["per"]): Price => ({ usd, per, published: "2026-01-01", page: "https://x" });

/** Round figures, so that sums can be made by hand. */
export const list: PriceList = {
  region: "us-east-1",
  read: "2026-11-28",
  prices: {
    "fargate-arm-vcpu": price(0.04, "hour"),
    "fargate-arm-gb": price(0.004, "hour"),
    "fargate-x86-vcpu": price(0.05, "hour"),
    "fargate-x86-gb": price(0.005, "hour"),
    "alb-hour": price(0.02, "hour"),
    "alb-lcu": price(0.01, "hour"),
    "nat-hour": price(0.05, "hour"),
    "nat-gb": price(0.05, "GB"),
    "public-ipv4": price(0.005, "hour"),
    "egress-gb": price(0.1, "GB"),
    "rds/db.t4g.micro/single": price(0.02, "hour"),
    "rds-gp3/single": price(0.1, "GB-month"),
    "secret-month": price(0.4, "month"),
    "key-month": price(1, "month"),
    "logs-gb": price(0.5, "GB"),
    "logs-kept": price(0.03, "GB-month"),
    "s3-gb": price(0.02, "GB-month"),
    "web-acl-month": price(5, "month"),
    "waf-rule-month": price(1, "month"),
    "waf-request": price(0.000_001, "request"),
    "xray-trace": price(0.000_004, "trace"),
    "topic-request": price(0.000_001, "request"),
    "topic-mail": price(0.000_02, "message"),
    mail: price(0.000_2, "message"),
    "build-minute-x86": price(0.02, "minute"),
    "build-minute-arm": price(0.01, "minute"),
    transition: price(0.000_03, "transition"),
    "cdn-gb": price(0.1, "GB"),
    "cdn-request": price(0.000_002, "request"),
    "lambda-arm": price(0.00001, "GB-second"),
  },
};

export const assumptions = cost.parse({
  hours: 700,
  natGb: 10,
  lcuHundredths: 50,
  egressGb: 20,
  logGb: 2,
  storedGb: 5,
  wafMillionRequests: 3,
  thousandTraces: 50,
  topicMessages: 200,
  thousandMails: 4,
  buildMinutes: 150,
  thousandTransitions: 3,
  cdnGb: 30,
  cdnMillionRequests: 2,
  notifierSeconds: 100,
});
