// The laboratory's machines, by the names that `npm run lab` takes. All of them are emulated in software.

/**
 * `release` is the kernel that the tests know; where it has gone, the newest that one of `lines` depends on.
 * `suite` is Debian's; without one, the packages are those of this machine's own apt. `packages` are
 * the kernel's, by its release, `bytes` about what they take. `modules` are loaded at boot, those that they
 * depend on first. `threads`: whether its processors are emulated side by side (multi) or in turns.
 * `converts`: the module that lets it convert pages fits its kernel.
 */
const X86 = {
  architecture: 'amd64',
  // Where one of two that are emulated side by side changes the kernel's code, as probes have it do, the
  // other may still run what was there before, and the kernel dies of it (`Oops: int3`).
  threads: 'single',
  qemu: { program: 'qemu-system-x86_64', package: 'qemu-system-x86' },
  args: ['-machine', 'q35', '-cpu', 'EPYC,+svm,+npt'],
  console: 'ttyS0',
  append: 'mitigations=off random.trust_cpu=on',
  compiler: { program: 'gcc', package: 'gcc libc6-dev' },
  libraries: '/lib/x86_64-linux-gnu',
  modules: ['virtio_net', 'irqbypass', 'kvm', 'kvm-amd'],
  workloads: ['workload'],
};

const ARM64 = {
  architecture: 'arm64',
  threads: 'multi',
  suite: 'trixie-backports',
  qemu: { program: 'qemu-system-aarch64', package: 'qemu-system-arm' },
  // EL2 is what KVM needs to run guests of its own.
  args: ['-machine', 'virt,virtualization=on,gic-version=3', '-cpu', 'max,pauth-impdef=on,sve=off'],
  console: 'ttyAMA0',
  append: 'kvm-arm.mode=protected',
  compiler: { program: 'aarch64-linux-gnu-gcc', package: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' },
  libraries: '/lib/aarch64-linux-gnu',
  // KVM is built in.
  modules: ['virtio_net'],
  workloads: ['workload', 'guest-arm64'],
};

/** Debian's kernels came in one package once. */
const WHOLE = (release) => [`linux-image-${release}`];
const BYTES = 130_000_000;
const IN_PARTS = (release) => ['base', 'binary', 'modules'].map((part) => `linux-${part}-${release}`);

export const MACHINES = {
  x86: {
    ...X86,
    release: '6.12.117+deb12-amd64',
    lines: ['linux-image-6.12-amd64', 'linux-image-amd64'],
    packages: WHOLE,
    bytes: 107_000_000,
    converts: true,
  },
  'x86-7.2': {
    ...X86,
    suite: 'trixie-backports',
    release: '7.2.12+deb13-amd64',
    // No package stands for it any more.
    lines: [],
    packages: IN_PARTS,
    bytes: BYTES,
  },
  'x86-7.3': {
    ...X86,
    suite: 'trixie-backports',
    release: '7.3.4+deb13-amd64',
    lines: ['linux-image-amd64'],
    packages: IN_PARTS,
    bytes: BYTES,
  },
  arm64: {
    ...ARM64,
    release: '7.3.4+deb13-arm64',
    lines: ['linux-image-arm64'],
    packages: IN_PARTS,
    bytes: BYTES,
  },
  'arm64-16k': {
    ...ARM64,
    // In protected mode it stands still under this emulation, where the host gives up its privileges.
    append: 'kvm-arm.mode=nvhe',
    release: '7.3.4+deb13-arm64-16k',
    lines: ['linux-image-arm64-16k'],
    packages: IN_PARTS,
    bytes: BYTES,
  },
};
