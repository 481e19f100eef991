/**
 * awsJson 1.0 and 1.1 (Step Functions, KMS): the operation in a header, JSON in and out.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
import { jsonRefusal, parseJsonObject, readJson, writeJson } from "./json-value.ts";
import type { ServiceModel } from "./model.ts";
import { type Protocol, unknownOperation } from "./protocol.ts";

/** The protocol of one JSON-RPC service. */
export function jsonRpcProtocol(model: ServiceModel): Protocol {
  const contentType = model.protocol === "awsJson1_0" ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1";
  return {
    open(request) {
      const target = request.headers.get("x-amz-target") ?? "";
      const name = target.slice(target.lastIndexOf(".") + 1);
      const operation = model.operations.get(name);
      if (!operation) throw unknownOperation(model, name || "(the request has no X-Amz-Target)");
      return { operation, read: () => readJson(operation.input, parseJsonObject(request.body), "", false) };
    },
    answer(operation, output, requestId) {
      return {
        status: 200,
        headers: { "content-type": contentType, "x-amzn-requestid": requestId },
        body: writeJson(operation.output, output, false),
      };
    },
    refuse(refusal, requestId) {
      // The JSON protocols know errors by their shape's name; the query spelling is for query services only.
      const code = refusal.model?.name ?? refusal.code;
      return jsonRefusal({ ...refusal, code }, requestId, contentType, false);
    },
  };
}
