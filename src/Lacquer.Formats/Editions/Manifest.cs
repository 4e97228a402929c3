using System.Text.Json;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Editions;

/// <summary>A file of the edition's own folder.</summary>
/// <param name="Path">Relative, with <c>/</c>, from <c>[a-z0-9./-]</c>.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Sha256">SHA-256 of its bytes.</param>
public sealed record ManifestFile(string Path, long LengthBytes, Sha256Digest Sha256);

/// <summary>A file of the catalogue's folder that is not handed out: whoever has the catalogue makes it, and holds it against this.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Sha256">SHA-256 of its bytes.</param>
/// <param name="By">What makes these bytes: formats and versions.</param>
public sealed record ManifestMade(string Name, long LengthBytes, Sha256Digest Sha256, string By);

/// <summary>A volume of the edition.</summary>
/// <param name="Name">Its folder's and torrent's name.</param>
/// <param name="Stage">Lower bound of popularity of its stage.</param>
/// <param name="InfoHashV1">Of its torrent.</param>
/// <param name="InfoHashV2">Of its torrent.</param>
/// <param name="FileCount">How many objects it has.</param>
/// <param name="LengthBytes">Bytes of its objects, pad files not counted.</param>
/// <param name="SuccessorOf">The volume whose place it took: it has the files of that, under the same names, but for what was taken back. Null: none.</param>
public sealed record ManifestVolume(string Name, int Stage, InfoHashV1 InfoHashV1, InfoHashV2 InfoHashV2, int FileCount, long LengthBytes, string? SuccessorOf = null)
{
    /// <summary>The <see cref="VolumeList"/> of its objects, relative to the edition's folder.</summary>
    public string ListPath => $"volumes/{Name}.json";

    /// <summary>Its torrent, relative to the edition's folder.</summary>
    public string TorrentPath => $"torrents/{Name}.torrent";
}

/// <summary>The edition that came before.</summary>
/// <param name="Edition">Its name.</param>
/// <param name="Sha256">SHA-256 of its manifest.</param>
public sealed record ManifestPredecessor(string Edition, Sha256Digest Sha256);

/// <summary>
/// What an edition is: everything in it, by length and hash, the objects through the list of each volume. Signed as <c>manifest.json.minisig</c>. Canonical: fixed order of members, no white
/// space but a line's end after each file, no time; the same archive state gives the same bytes.
/// </summary>
/// <param name="Archive">The archive's name.</param>
/// <param name="Title">The archive's title.</param>
/// <param name="Edition">The edition's name: its number, six digits.</param>
/// <param name="Catalogue">The name of the catalogue in it.</param>
/// <param name="PieceLengthBytes">Of every torrent.</param>
/// <param name="Previous">The edition before, or null for the first.</param>
/// <param name="Files">The files of its folder, by path; the manifest and its signature are not among them.</param>
/// <param name="Made">What follows from the catalogue, in the order in which it is made; in editions of the first format none.</param>
/// <param name="Volumes">The volumes, by name.</param>
public sealed record Manifest(
    string Archive, string Title, string Edition, string Catalogue, int PieceLengthBytes, ManifestPredecessor? Previous,
    IReadOnlyList<ManifestFile> Files, IReadOnlyList<ManifestMade> Made, IReadOnlyList<ManifestVolume> Volumes)
{
    /// <summary>The format's name.</summary>
    public const string Format = "lacquer-edition/3";

    // Of which the first knew nothing that is made, and both had the volumes' lists in the manifest.
    private const string FirstFormat = "lacquer-edition/1";
    private const string SecondFormat = "lacquer-edition/2";
    private const int LongestBy = 200;

    /// <summary>What <c>catalogue.sqlite</c> is when it is unpacked, or made from an older one by a delta; null where the edition does not say.</summary>
    public DeltaEnd? CatalogueFile { get; init; }

    /// <summary>The manifest's file.</summary>
    public const string FileName = "manifest.json";

    /// <summary>Its signature.</summary>
    public const string SignatureFileName = "manifest.json.minisig";

    /// <summary>A larger manifest is not read. At 86 million files in 4,300 volumes it has about 3 MB.</summary>
    public const long LargestBytes = 1L << 28;

    /// <summary>Writes the canonical bytes.</summary>
    public void Write(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        void Line()
        {
            json.Flush();
            stream.WriteByte((byte)'\n');
        }

        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteString("archive", Archive);
        json.WriteString("title", Title);
        json.WriteString("edition", Edition);
        json.WriteString("catalogue", Catalogue);
        if (CatalogueFile is { } unpacked)
        {
            json.WriteStartObject("catalogue_file");
            json.WriteNumber("length", unpacked.LengthBytes);
            json.WriteString("sha256", unpacked.Sha256.ToString());
            json.WriteEndObject();
        }

        json.WriteNumber("piece_length", PieceLengthBytes);
        if (Previous is null)
        {
            json.WriteNull("previous");
        }
        else
        {
            json.WriteStartObject("previous");
            json.WriteString("edition", Previous.Edition);
            json.WriteString("sha256", Previous.Sha256.ToString());
            json.WriteEndObject();
        }

        json.WriteStartArray("files");
        foreach (var file in Files)
        {
            Line();
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteNumber("length", file.LengthBytes);
            json.WriteString("sha256", file.Sha256.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("made");
        foreach (var made in Made)
        {
            Line();
            json.WriteStartObject();
            json.WriteString("name", made.Name);
            json.WriteNumber("length", made.LengthBytes);
            json.WriteString("sha256", made.Sha256.ToString());
            json.WriteString("by", made.By);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("volumes");
        foreach (var volume in Volumes)
        {
            Line();
            json.WriteStartObject();
            json.WriteString("name", volume.Name);
            json.WriteNumber("stage", volume.Stage);
            json.WriteString("info_hash_v1", volume.InfoHashV1.ToString());
            json.WriteString("info_hash_v2", volume.InfoHashV2.ToString());
            json.WriteNumber("files", volume.FileCount);
            json.WriteNumber("length", volume.LengthBytes);
            json.WriteString("successor_of", volume.SuccessorOf);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        Line();
    }

    /// <summary>Reads a manifest from a stranger: every name is checked before anybody can take it for a path.</summary>
    /// <exception cref="LacquerException">It is not a manifest; the message says where.</exception>
    public static Manifest Read(ReadOnlyMemory<byte> bytes, string what)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            if (Text(root, "format") is var format && format is not (Format or SecondFormat or FirstFormat))
                throw new FormatException($"it is of the format '{format}', not {Format}");
            ManifestPredecessor? previous = null;
            if (root.GetProperty("previous") is { ValueKind: JsonValueKind.Object } before)
                previous = new ManifestPredecessor(EditionName(Text(before, "edition")), Sha256Digest.Parse(Text(before, "sha256")));
            var pieceLength = root.GetProperty("piece_length").GetInt32();
            if (!int.IsPow2(pieceLength) || pieceLength is < 16384 or > 64 << 20)
                throw new FormatException("piece_length is not a power of two from 16384 to 67108864");

            var files = root.GetProperty("files").EnumerateArray()
                .Select(f => new ManifestFile(SafePath(Text(f, "path")), Length(f, least: 0), Sha256Digest.Parse(Text(f, "sha256")))).ToList();
            var made = format == FirstFormat ? [] : root.GetProperty("made").EnumerateArray()
                .Select(m => new ManifestMade(SafeName(Text(m, "name")), Length(m, least: 1), Sha256Digest.Parse(Text(m, "sha256")), Printable(Text(m, "by")))).ToList();
            var volumes = root.GetProperty("volumes").EnumerateArray().Select(v =>
            {
                var listed = format == Format ? null : Objects(v);
                return new ManifestVolume(SafeName(Text(v, "name")), v.GetProperty("stage").GetInt32(), new InfoHashV1(Convert.FromHexString(Text(v, "info_hash_v1"))), new InfoHashV2(Sha256Digest.Parse(Text(v, "info_hash_v2"))),
                    listed?.Count ?? Count(v), listed?.Sum(f => f.LengthBytes) ?? Length(v, least: 0),
                    format == Format && v.GetProperty("successor_of").GetString() is { } before ? SafeName(before) : null);
            }).ToList();
            Distinct(files.Select(f => f.Path), "files");
            Distinct(made.Select(m => m.Name), "made");
            Distinct(volumes.Select(v => v.Name), "volumes");
            var paths = files.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
            foreach (var volume in volumes)
                if (!paths.Contains(volume.TorrentPath) || (format == Format && !paths.Contains(volume.ListPath)))
                    throw new FormatException($"volume {volume.Name} has no torrent or no list among the files");

            // So that no sum of lengths can be too large for a number.
            if (files.Sum(f => (decimal)f.LengthBytes) > 1L << 60 || volumes.Sum(v => (decimal)v.LengthBytes) > 1L << 60)
                throw new FormatException("its lengths together cannot be");
            return new Manifest(SafeName(Text(root, "archive")), Text(root, "title"), EditionName(Text(root, "edition")), EditionName(Text(root, "catalogue")), pieceLength, previous, files, made, volumes)
            {
                CatalogueFile = root.TryGetProperty("catalogue_file", out var unpacked) ? new DeltaEnd(Length(unpacked, least: 1), Sha256Digest.Parse(Text(unpacked, "sha256"))) : null,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            throw new LacquerException(Failure.Damaged, $"{what} is not a manifest: {e.Message.ReplaceLineEndings(" ")}", "fetch it again", e);
        }
    }

    internal static string Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new FormatException($"{name} is null");

    /// <summary>The objects of a volume, under <c>files</c>; each name is safe and there once.</summary>
    internal static List<ManifestObject> Objects(JsonElement element)
    {
        var files = element.GetProperty("files").EnumerateArray().Select(f => new ManifestObject(
            SafeName(Text(f, "name")), Length(f, least: 1), Sha256Digest.Parse(Text(f, "sha256")), new PiecesRoot(Sha256Digest.Parse(Text(f, "pieces_root"))))).ToList();
        Distinct(files.Select(f => f.Name), "files");
        return files;
    }

    private static int Count(JsonElement element) =>
        element.GetProperty("files").GetInt32() is >= 0 and var count ? count : throw new FormatException("a volume has less than no files");

    private static long Length(JsonElement element, long least) =>
        element.GetProperty("length").GetInt64() is var length && length >= least && length <= 1L << 50 ? length : throw new FormatException($"a length of {length} bytes cannot be");

    private static string Printable(string text) =>
        text.Length <= LongestBy && text.All(c => c is >= ' ' and <= '~') ? text : throw new FormatException($"by is not at most {LongestBy} printable letters of ASCII");

    private static string EditionName(string name) =>
        name.Length == 6 && name.All(char.IsAsciiDigit) ? name : throw new FormatException("an edition or catalogue is named by six digits");

    private static string SafeName(string name) =>
        name.Length is > 0 and <= 100 && name[0] != '.' && name[^1] != '.' && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-')
            ? name : throw new FormatException("a name has other letters than a-z, 0-9, . and -, or begins or ends with a dot");

    private static string SafePath(string path)
    {
        var parts = path.Split('/');
        if (parts.Length > 4)
            throw new FormatException("a path is too deep");
        foreach (var part in parts)
            SafeName(part);
        if (path is FileName or SignatureFileName || path.EndsWith(".partial", StringComparison.Ordinal))
            throw new FormatException($"{path} is no file that a manifest can name");
        return path;
    }

    private static void Distinct(IEnumerable<string> names, string where)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            if (!seen.Add(name))
                throw new FormatException($"{where} names {name} twice");
    }
}
