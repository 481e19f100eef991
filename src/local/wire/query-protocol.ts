/**
 * awsQuery (RDS, SNS) and ec2Query (EC2): a form in, XML out.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
 */
import type { WireAnswer } from "./message.ts";
import type { OperationModel, ServiceModel } from "./model.ts";
import { type Protocol, type Refusal, unknownOperation } from "./protocol.ts";
import { parseForm, readForm } from "./query-form.ts";
import { escapeXml, writeErrorXml, writeXmlMembers } from "./xml.ts";

/** The protocol of one query service. */
export function queryProtocol(model: ServiceModel): Protocol {
  const ec2 = model.protocol === "ec2Query";
  return {
    open(request) {
      const members = new Map(parseForm(request.body.toString("utf8")).children);
      const action = members.get("Action")?.text ?? "";
      const operation = model.operations.get(action);
      if (!operation) throw unknownOperation(model, action || "(the form has no Action)");
      members.delete("Action");
      members.delete("Version");
      return { operation, read: () => readForm(operation.input, { text: undefined, children: members }, "", ec2) };
    },
    answer(operation, output, requestId) {
      return xmlAnswer(200, writeAnswer(model, operation, output, requestId), requestId);
    },
    refuse(refusal, requestId) {
      return xmlAnswer(refusal.status, writeRefusal(model, refusal, requestId), requestId);
    },
  };
}

function writeAnswer(model: ServiceModel, operation: OperationModel, output: object, requestId: string): string {
  const { name } = operation;
  const members = writeXmlMembers(operation.output, output);
  const xmlns = escapeXml(model.xmlNamespace);
  if (model.protocol === "ec2Query") {
    return `<${name}Response xmlns="${xmlns}"><requestId>${requestId}</requestId>${members}</${name}Response>`;
  }
  const result = operation.output.members.size > 0 ? `<${name}Result>${members}</${name}Result>` : "";
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return `<${name}Response xmlns="${xmlns}">${result}${metadata}</${name}Response>`;
}

function writeRefusal(model: ServiceModel, refusal: Refusal, requestId: string): string {
  const error = writeErrorXml(refusal);
  if (model.protocol === "ec2Query") {
    return `<Response><Errors><Error>${error}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
  }
  const type = refusal.status < 500 ? "Sender" : "Receiver";
  const xmlns = escapeXml(model.xmlNamespace);
  return `<ErrorResponse xmlns="${xmlns}"><Error><Type>${type}</Type>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

function xmlAnswer(status: number, body: string, requestId: string): WireAnswer {
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>${body}`,
  };
}
