/** The regions of the commercial partition. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
import type { Region } from "@aws-sdk/client-ec2";

/** Every account has these. */
const ALWAYS_THERE = [
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ca-central-1",
  "eu-central-1",
  "eu-north-1",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "sa-east-1",
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
];

/** An account has to ask for these; the local one has not. */
const OPT_IN = [
  "af-south-1",
  "ap-east-1",
  "ap-east-2",
  "ap-south-2",
  "ap-southeast-3",
  "ap-southeast-4",
  "ap-southeast-5",
  "ap-southeast-6",
  "ap-southeast-7",
  "ca-west-1",
  "eu-central-2",
  "eu-south-1",
  "eu-south-2",
  "il-central-1",
  "me-central-1",
  "me-south-1",
  "mx-central-1",
];

export type KnownRegion = Region & { readonly RegionName: string };

export const REGIONS: readonly KnownRegion[] = [
  ...ALWAYS_THERE.map((name) => regionOf(name, "opt-in-not-required")),
  ...OPT_IN.map((name) => regionOf(name, "not-opted-in")),
];

function regionOf(name: string, status: string): KnownRegion {
  return { RegionName: name, Endpoint: `ec2.${name}.amazonaws.com`, OptInStatus: status };
}
