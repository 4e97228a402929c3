using System.Security.Cryptography;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Workbench;

/// <summary>Keeps pictures in the archive's <c>images</c>, named by their hashes.</summary>
public static class CoverFiles
{
    /// <summary>The most that a picture may have.</summary>
    public const int LargestBytes = 20 << 20;

    /// <summary>Whether pictures are kept under this extension.</summary>
    public static bool IsExtension(string extension) => extension is "jpg" or "png" or "webp" or "gif";

    private static readonly Lock Pictures = new();

    /// <summary>Keeps a picture; null where it is none that is known, or too large.</summary>
    /// <param name="layout">The archive.</param>
    /// <param name="bytes">The picture.</param>
    /// <param name="place">Where it was: see <see cref="CoverImage.Place"/>.</param>
    public static CoverImage? Keep(ArchiveLayout layout, byte[] bytes, string place)
    {
        var extension = bytes switch
        {
            [0xFF, 0xD8, 0xFF, ..] => "jpg",
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "png",
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "gif",
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "webp",
            _ => null,
        };
        if (extension is null || bytes.Length > LargestBytes)
            return null;
        var digest = new Sha256Digest(SHA256.HashData(bytes));
        var path = layout.Image(digest, extension);
        // Two files with one picture may come here at once. One temporary name, so that what a kill left is written over.
        lock (Pictures)
        {
            if (!File.Exists(path))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                Durable.WriteFile(path, stream => stream.Write(bytes));
            }
        }

        return new CoverImage(digest, extension, place);
    }
}
