/** The package ships no types. It writes `QueryLanguage` into the definition that it is given: give it a copy. */
declare module "asl-validator" {
  interface Validation {
    readonly isValid: boolean;
    errorsText(separator?: string): string;
  }
  export default function validate(definition: object): Validation;
}
