/**
 * How long a bench may take, and where it says how far it is.
 */
export interface Plan {
  rounds: number;
  quick: boolean;
  tell: (line: string) => void;
}
