/** Who reads only the first lines (`| head`) closes the pipe, which is no error of ours: the command ends, with the code that it had come to. */
export function endWithReader(stream: NodeJS.WritableStream, end: () => void = () => process.exit()): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    end();
  });
}
