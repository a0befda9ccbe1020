/**
 * The verdict on a story: the exit code is 0 only if all of it came true.
 */

/** The story throws where something does not come true. */
export async function judged(title: string, story: () => Promise<void>): Promise<void> {
  console.log(`${title}\n`);
  try {
    await story();
    console.log('\nAll of it held.');
  } catch (error) {
    console.log(`\nIt did not hold: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
