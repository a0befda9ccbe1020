/**
 * A disk whose power can be cut: an ext4 file system on a loop device over an image file.
 *
 * The cut is the ioctl FS_IOC_SHUTDOWN without a flush of the journal: from then on nothing reaches the image, and
 * what only the page cache held is gone with the next unmount.
 */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

const IMAGE_MB = 512;

/** FS_IOC_SHUTDOWN is _IOR('X', 125, __u32); 2 says: do not flush the journal first. Node has no ioctl. */
const CUT = [
  'import fcntl, os, struct, sys',
  "fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))",
].join('\n');

export class Disk {
  /** Where its files are seen while it is mounted. */
  readonly files: string;
  readonly #image: string;

  /** In a folder that is not there yet. */
  constructor(folder: string) {
    this.#image = join(folder, 'image');
    this.files = join(folder, 'files');
    mkdirSync(this.files, { recursive: true });
    writeFileSync(this.#image, '');
    truncateSync(this.#image, IMAGE_MB * 2 ** 20);
    run('mkfs.ext4', '-q', '-F', this.#image);
  }

  mount(): void {
    run('mount', '-o', 'loop', this.#image, this.files);
  }

  /** Whoever writes has to stand still: an fsync that is under way meanwhile may end either way. */
  cut(): void {
    run('python3', '-c', CUT, this.files);
  }

  /** Fails while anybody has a file open on it. */
  unmount(): void {
    run('umount', this.files);
  }

  discard(): void {
    rmSync(this.#image);
  }
}
