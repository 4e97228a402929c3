using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Formats.Packages;

/// <summary>
/// A storage root of the Oxford Common File Layout (OCFL 1.1): an object of one version for each recording, with its audio and its record, placed by the hash of its id (extension 0004).
/// </summary>
public sealed class OcflRoot : IPackage
{
    /// <summary>The file whose presence makes a folder a storage root (OCFL 1.1 §4.1).</summary>
    public const string Declaration = "0=ocfl_1.1";

    private const string Layout = "0004-hashed-n-tuple-storage-layout";
    private readonly string _folder;
    private readonly string _agent;
    private readonly string _created;

    /// <summary>Begins one.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="agent">Who makes it: the program and its version.</param>
    /// <param name="created">When (RFC 3339), to the second.</param>
    public OcflRoot(string folder, string agent, string created)
    {
        (_folder, _agent, _created) = (folder, agent, created);
        PackagedFile.Write(folder, Declaration, "ocfl_1.1\n"u8.ToArray());
        PackagedFile.Write(folder, "ocfl_layout.json", Json(json =>
        {
            json.WriteString("extension", Layout);
            json.WriteString("description", "the object's id hashed with SHA-256: three folders of three hex digits, then all of them");
        }));
        PackagedFile.Write(folder, $"extensions/{Layout}/config.json", Json(json =>
        {
            json.WriteString("extensionName", Layout);
            json.WriteString("digestAlgorithm", "sha256");
            json.WriteNumber("tupleSize", 3);
            json.WriteNumber("numberOfTuples", 3);
            json.WriteBoolean("shortObjectRoot", false);
        }));
    }

    /// <summary>The id of a recording's object.</summary>
    public static string IdOf(EntityId recording) => $"urn:lacquer:{recording}";

    /// <summary>Where an object lies in the storage root, by its id.</summary>
    public static string PathOf(string id)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
        return $"{hash[..3]}/{hash[3..6]}/{hash[6..9]}/{hash}";
    }

    /// <inheritdoc/>
    public async Task AddAsync(EntityId recording, ObjectRow obj, byte[] record, Func<CancellationToken, Task<Stream>> audio, CancellationToken cancel)
    {
        var id = IdOf(recording);
        var folder = Path.Combine(_folder, PathOf(id));
        PackagedFile sound;
        try
        {
            sound = await PackagedFile.WriteAsync(folder, $"v1/content/audio.{obj.Extension}", obj, audio, cancel).ConfigureAwait(false);
        }
        catch (Findings.LacquerException)
        {
            // No half object in the root, nor an empty folder, which it may not have (OCFL 1.1 §4.2).
            Directory.Delete(folder, recursive: true);
            for (var above = Path.GetDirectoryName(folder)!; above != _folder && !Directory.EnumerateFileSystemEntries(above).Any(); above = Path.GetDirectoryName(above)!)
                Directory.Delete(above);
            throw;
        }

        var files = new[] { sound, PackagedFile.Write(folder, "v1/content/record.json", record) };
        var inventory = Json(json =>
        {
            json.WriteString("id", id);
            json.WriteString("type", "https://ocfl.io/1.1/spec/#inventory");
            json.WriteString("digestAlgorithm", "sha512");
            json.WriteString("head", "v1");
            Paths(json, "manifest", files, f => f.Sha512, f => f.Path);
            json.WriteStartObject("fixity");
            Paths(json, "sha256", files, f => f.Sha256, f => f.Path);
            json.WriteEndObject();
            json.WriteStartObject("versions");
            json.WriteStartObject("v1");
            json.WriteString("created", _created);
            json.WriteString("message", "exported");
            json.WriteStartObject("user");
            json.WriteString("name", _agent);
            json.WriteEndObject();
            Paths(json, "state", files, f => f.Sha512, f => f.Path["v1/content/".Length..]);
            json.WriteEndObject();
            json.WriteEndObject();
        });
        PackagedFile.Write(folder, "0=ocfl_object_1.1", "ocfl_object_1.1\n"u8.ToArray());
        foreach (var place in new[] { "", "v1/" })
        {
            var written = PackagedFile.Write(folder, $"{place}inventory.json", inventory);
            PackagedFile.Write(folder, $"{place}inventory.json.sha512", Encoding.ASCII.GetBytes($"{written.Sha512} inventory.json\n"));
        }
    }

    /// <inheritdoc/>
    public void Finish()
    {
        // Nothing speaks of the whole.
    }

    private static void Paths(Utf8JsonWriter json, string name, IEnumerable<PackagedFile> files, Func<PackagedFile, string> digest, Func<PackagedFile, string> path)
    {
        json.WriteStartObject(name);
        foreach (var file in files)
        {
            json.WriteStartArray(digest(file));
            json.WriteStringValue(path(file));
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }
}
