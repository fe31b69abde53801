/**
 * Types that are not looked for: making one again puts what is there already, or makes one more that harms nobody. Each by
 * the AWS API reference's page of its operation.
 */
export const madeAgain: ReadonlySet<string> = new Set([
  // Put, Set and Register write over what is there.
  "aws:account/alternativeContact:AlternativeContact",
  "aws:appautoscaling/policy:Policy",
  "aws:appautoscaling/target:Target",
  "aws:cloudwatch/compositeAlarm:CompositeAlarm",
  "aws:cloudwatch/dashboard:Dashboard",
  "aws:cloudwatch/eventRule:EventRule",
  "aws:cloudwatch/eventTarget:EventTarget",
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
  "aws:cloudwatch/metricAlarm:MetricAlarm",
  "aws:ecr/lifecyclePolicy:LifecyclePolicy",
  "aws:ecr/repositoryPolicy:RepositoryPolicy",
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  "aws:s3/bucketLogging:BucketLogging",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  "aws:s3/bucketVersioning:BucketVersioning",
  "aws:secretsmanager/secretPolicy:SecretPolicy",
  "aws:sns/topicPolicy:TopicPolicy",
  "aws:sqs/queuePolicy:QueuePolicy",
  "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
  "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
  "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes",
  "aws:wafv2/webAclAssociation:WebAclAssociation",
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
  // AddListenerCertificates: "If the certificate is already in the certificate list, the call is successful".
  "aws:lb/listenerCertificate:ListenerCertificate",
  // The same name and attributes, or the same endpoint, answer what is there.
  "aws:organizations/awsServiceAccess:AwsServiceAccess",
  "aws:sfn/stateMachine:StateMachine",
  "aws:sns/topic:Topic",
  "aws:sns/topicSubscription:TopicSubscription",
  "aws:sqs/queue:Queue",
  "aws:ssoadmin/accountAssignment:AccountAssignment",
  // The provider only takes over what every network has, or waits for what another resource is.
  "aws:acm/certificateValidation:CertificateValidation",
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
  // One more revision or version, which nothing names.
  "aws:batch/jobDefinition:JobDefinition",
  "aws:ecs/taskDefinition:TaskDefinition",
  "aws:secretsmanager/secretVersion:SecretVersion",
]);
