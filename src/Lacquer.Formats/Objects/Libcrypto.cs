using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Lacquer.Formats.Objects;

/// <summary>
/// OpenSSL's SHA1_* and SHA256_* functions (SHA1(3), SHA256_Init(3)), whose contexts have kept their layout from 0.9.8 to 3.x.
/// Loaded once, tried on a known answer, and left alone where either fails.
/// </summary>
internal sealed unsafe class Libcrypto
{
    // Only Linux: macOS ends a process that loads libcrypto without a version, and Windows has none.
    private static readonly string[] LibraryNames = ["libcrypto.so.3", "libcrypto.so.1.1"];

    private Libcrypto(Functions sha1, Functions sha256)
    {
        Sha1 = sha1;
        Sha256 = sha256;
    }

    /// <summary>The library, or null where it cannot be used.</summary>
    public static Libcrypto? Loaded { get; } = Load();

    /// <summary>SHA-1.</summary>
    public Functions Sha1 { get; }

    /// <summary>SHA-256.</summary>
    public Functions Sha256 { get; }

    private static Libcrypto? Load()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        foreach (var name in LibraryNames)
        {
            if (!NativeLibrary.TryLoad(name, out var library))
                continue;
            if (Functions.TryFind(library, "SHA1", 20) is { } sha1 && sha1.Answers(SHA1.HashData)
                && Functions.TryFind(library, "SHA256", 32) is { } sha256 && sha256.Answers(SHA256.HashData))
                return new Libcrypto(sha1, sha256);
        }

        return null;
    }

    /// <summary>Room for SHA_CTX (96 bytes) or SHA256_CTX (112 bytes).</summary>
    [InlineArray(16)]
    public struct Context
    {
        private ulong _first;
    }

    /// <summary>The three functions of one digest.</summary>
    public sealed class Functions
    {
        private readonly delegate* unmanaged<void*, int> _start;
        private readonly delegate* unmanaged<void*, void*, nuint, int> _update;
        private readonly delegate* unmanaged<void*, void*, int> _final;
        private readonly int _digestLengthBytes;

        private Functions(nint start, nint update, nint final, int digestLengthBytes)
        {
            _start = (delegate* unmanaged<void*, int>)start;
            _update = (delegate* unmanaged<void*, void*, nuint, int>)update;
            _final = (delegate* unmanaged<void*, void*, int>)final;
            _digestLengthBytes = digestLengthBytes;
        }

        public static Functions? TryFind(nint library, string prefix, int digestLengthBytes) =>
            NativeLibrary.TryGetExport(library, prefix + "_Init", out var start)
            && NativeLibrary.TryGetExport(library, prefix + "_Update", out var update)
            && NativeLibrary.TryGetExport(library, prefix + "_Final", out var final)
                ? new Functions(start, update, final, digestLengthBytes)
                : null;

        public bool Answers(Func<byte[], byte[]> reference)
        {
            var message = new byte[200];
            message.AsSpan().Fill(0x5a);
            var digest = new byte[_digestLengthBytes];
            Context context = default;
            Start(ref context);
            Update(ref context, message.AsSpan(0, 77));
            Update(ref context, message.AsSpan(77));
            Final(ref context, digest);
            return digest.AsSpan().SequenceEqual(reference(message));
        }

        public void Start(ref Context context)
        {
            fixed (Context* pinned = &context)
                Check(_start(pinned));
        }

        public void Update(ref Context context, ReadOnlySpan<byte> bytes)
        {
            fixed (Context* pinned = &context)
            fixed (byte* data = bytes)
                Check(_update(pinned, data, (nuint)bytes.Length));
        }

        public void Final(ref Context context, Span<byte> digest)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(digest.Length, _digestLengthBytes);
            fixed (Context* pinned = &context)
            fixed (byte* data = digest)
                Check(_final(data, pinned));
        }

        private static void Check(int result)
        {
            if (result != 1)
                throw new CryptographicException("libcrypto refused a digest");
        }
    }
}
