/** Who reads only the first lines (`| head`) closes the pipe. The command goes on without a reader: its exit code says what came of it. */
export function goOnWithoutReader(stream: NodeJS.WritableStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
