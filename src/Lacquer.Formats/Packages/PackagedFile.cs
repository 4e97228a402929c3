using System.Security.Cryptography;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Formats.Packages;

/// <summary>A file of a package, hashed while it was written.</summary>
/// <param name="Path">Relative to the package, with <c>/</c> between names of <c>[a-z0-9.-]</c>, so that no form has to escape anything.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Sha256">In lower-case hex.</param>
/// <param name="Sha512">In lower-case hex.</param>
internal sealed record PackagedFile(string Path, long LengthBytes, string Sha256, string Sha512)
{
    public static PackagedFile Write(string folder, string path, byte[] bytes)
    {
        var full = System.IO.Path.Combine(folder, path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
        return new PackagedFile(path, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), Convert.ToHexStringLower(SHA512.HashData(bytes)));
    }

    /// <summary>Writes an object's bytes, which must be its own.</summary>
    /// <exception cref="LacquerException">They are not; the file is removed.</exception>
    public static async Task<PackagedFile> WriteAsync(string folder, string path, ObjectRow obj, Func<CancellationToken, Task<Stream>> audio, CancellationToken cancel)
    {
        var full = System.IO.Path.Combine(folder, path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        try
        {
            using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
            await using var source = await audio(cancel).ConfigureAwait(false);
            await using var file = new FileStream(full, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
            var buffer = new byte[1 << 17];
            for (int read; (read = await source.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0;)
            {
                sha256.AppendData(buffer, 0, read);
                sha512.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
            }

            var digest = new Sha256Digest(sha256.GetHashAndReset());
            return digest == obj.Sha256 ? new PackagedFile(path, file.Length, digest.ToString(), Convert.ToHexStringLower(sha512.GetHashAndReset()))
                : throw new LacquerException(Failure.Damaged, $"object {obj.Root} does not have the SHA-256 of the ledger", "lacquer verify says what else is wrong; --repair fetches it");
        }
        catch (LacquerException)
        {
            File.Delete(full);
            throw;
        }
    }
}
