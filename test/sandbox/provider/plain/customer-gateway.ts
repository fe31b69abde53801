import type { CreateCustomerGatewayRequest, CustomerGateway } from "@aws-sdk/client-ec2";
import type { ec2 } from "@pulumi/aws";
import { arn, specs, tagging } from "../../../../sandbox/provider/aws/ec2/tags.ts";
import { fields } from "../../../../sandbox/provider/aws/shapes.ts";
import { first, must, tagRecord } from "../../../../sandbox/provider/aws/shared.ts";
import { row } from "../../../../sandbox/provider/row.ts";

const alike = fields<ec2.CustomerGateway, CreateCustomerGatewayRequest, CustomerGateway>({
  alike: ["ipAddress", "type", "deviceName", "certificateArn"],
});

export const customerGateway = row<ec2.CustomerGatewayArgs, ec2.CustomerGateway>({
  replace: ["ipAddress", "type", "deviceName", "certificateArn", "bgpAsn"],
  required: ["type"],
  computed: ["arn"],
  create: async (inputs, { ec2, tags }) => {
    const made = await ec2.createCustomerGateway({
      ...alike.request(inputs),
      BgpAsn: Number(inputs.bgpAsn),
      TagSpecifications: specs("customer-gateway", tags),
    });
    return must(made.CustomerGateway?.CustomerGatewayId, "CustomerGatewayId");
  },
  read: async (id, aws) => {
    const found = first((await aws.ec2.describeCustomerGateways({ CustomerGatewayIds: [id] })).CustomerGateways);
    if (found === undefined || found.State === "deleted") return undefined;
    const own = { arn: await arn(aws, "customer-gateway", id), bgpAsn: found.BgpAsn };
    return { ...alike.state(found), ...own, tagsAll: tagRecord(found.Tags) };
  },
  ...tagging,
  delete: (CustomerGatewayId, { ec2 }) => ec2.deleteCustomerGateway({ CustomerGatewayId }),
});
