using System.Security.Cryptography;

namespace Lacquer.Formats.Objects;

/// <summary>
/// A SHA-1 or SHA-256 that takes bytes as they come and starts again once finished. Through libcrypto where that can be had: per
/// 16 KiB block it saves the cost of a context and a look-up, which is 6 to 8 % of the whole of <see cref="ObjectHasher"/>
/// (0.91 of what <c>openssl speed</c> reaches with the class library's digests, 0.97 with libcrypto's).
/// </summary>
internal abstract class RunningDigest : IDisposable
{
    /// <summary>A SHA-256 that has seen nothing yet.</summary>
    public static RunningDigest Sha256(bool portable = false) =>
        !portable && Libcrypto.Loaded is { } library ? new NativeDigest(library.Sha256) : new PortableDigest(HashAlgorithmName.SHA256);

    /// <summary>A SHA-1 that has seen nothing yet.</summary>
    public static RunningDigest Sha1(bool portable = false) =>
        !portable && Libcrypto.Loaded is { } library ? new NativeDigest(library.Sha1) : new PortableDigest(HashAlgorithmName.SHA1);

    /// <summary>Takes the next bytes.</summary>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Writes the digest of all bytes since the last finish, and starts again.</summary>
    public abstract void Finish(Span<byte> digest);

    /// <summary>Forgets the bytes since the last finish.</summary>
    public abstract void Reset();

    /// <inheritdoc/>
    public abstract void Dispose();

    private sealed class NativeDigest : RunningDigest
    {
        private readonly Libcrypto.Functions _functions;
        private Libcrypto.Context _context;

        public NativeDigest(Libcrypto.Functions functions)
        {
            _functions = functions;
            Reset();
        }

        public override void Append(ReadOnlySpan<byte> bytes) => _functions.Update(ref _context, bytes);

        public override void Finish(Span<byte> digest)
        {
            _functions.Final(ref _context, digest);
            Reset();
        }

        public override void Reset() => _functions.Start(ref _context);

        public override void Dispose()
        {
            // The context is a plain field: there is nothing to give back.
        }
    }

    private sealed class PortableDigest(HashAlgorithmName algorithm) : RunningDigest
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(algorithm);

        public override void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

        public override void Finish(Span<byte> digest) => _hash.GetHashAndReset(digest);

        public override void Reset()
        {
            Span<byte> ignored = stackalloc byte[32];
            _hash.GetHashAndReset(ignored);
        }

        public override void Dispose() => _hash.Dispose();
    }
}
