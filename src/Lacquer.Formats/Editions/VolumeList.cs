using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Editions;

/// <summary>An object as a volume lists it.</summary>
/// <param name="Name">The file's name in the volume's torrent.</param>
/// <param name="LengthBytes">The object's length.</param>
/// <param name="Sha256">SHA-256 of its bytes.</param>
/// <param name="Root">Its pieces root, which is the object's name.</param>
public sealed record ManifestObject(string Name, long LengthBytes, Sha256Digest Sha256, PiecesRoot Root);

/// <summary>
/// What a volume has in it, in a file of its own beside the manifest, which names it by its hash: a volume never changes, so neither does its list, and whoever takes a few volumes reads a few lists. Canonical, as the manifest is.
/// </summary>
public static class VolumeList
{
    /// <summary>The format's name.</summary>
    public const string Format = "lacquer-volume/1";

    /// <summary>A longer list is not read: the most files that a volume has, under the longest names.</summary>
    public const long LargestBytes = 16L << 20;

    private const int MostFiles = 20_000;

    /// <summary>Writes the canonical bytes.</summary>
    public static byte[] ToBytes(string volume, IEnumerable<ManifestObject> files)
    {
        using var stream = new MemoryStream();
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteString("volume", volume);
        json.WriteStartArray("files");
        foreach (var file in files)
        {
            json.Flush();
            stream.WriteByte((byte)'\n');
            json.WriteStartObject();
            json.WriteString("name", file.Name);
            json.WriteNumber("length", file.LengthBytes);
            json.WriteString("sha256", file.Sha256.ToString());
            json.WriteString("pieces_root", file.Root.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>Reads a list from a stranger: every name is checked before anybody can take it for a path.</summary>
    /// <param name="bytes">The file's bytes.</param>
    /// <param name="volume">What the manifest says of the volume.</param>
    /// <param name="what">What to call it in a complaint.</param>
    /// <exception cref="LacquerException">It is not that volume's list.</exception>
    public static IReadOnlyList<ManifestObject> Read(ReadOnlyMemory<byte> bytes, ManifestVolume volume, string what)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            if (Manifest.Text(root, "format") is var format && format != Format)
                throw new FormatException($"it is of the format '{format}', not {Format}");
            if (Manifest.Text(root, "volume") != volume.Name)
                throw new FormatException($"it is not the list of {volume.Name}");
            var files = Manifest.Objects(root);
            if (files.Count > MostFiles || files.Count != volume.FileCount || files.Sum(f => f.LengthBytes) != volume.LengthBytes)
                throw new FormatException("it does not have as many files and bytes as the manifest says");
            return files;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            throw new LacquerException(Failure.Damaged, $"{what} is not the list of a volume: {e.Message.ReplaceLineEndings(" ")}", "fetch it again", e);
        }
    }
}
