using System.Runtime.InteropServices;
using System.Text.Json;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>What an accession brought into a build.</summary>
/// <param name="Accession">Its number.</param>
/// <param name="Records">Lines read.</param>
/// <param name="SetAside">Of these, lines that are no records, those of the harvest included.</param>
internal sealed record ParsedAccession(int Accession, long Records, long SetAside);

/// <summary>What parsing left; the last thing it writes, so that a build that finds it need not parse again.</summary>
internal sealed record ParsedRecords(
    string Inputs, long Mentions, long Documents, int Releases, int Artists, int Credits, int MarketSets, IReadOnlyList<ParsedAccession> Accessions, IReadOnlyList<Finding> Findings,
    IReadOnlyList<StagedDigest> Staged);

/// <summary>The files of a build that is under way, in its folder.</summary>
internal sealed class StagedFiles(string folder)
{
    private static readonly JsonSerializerOptions Strict = new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    public string Folder { get; } = folder;

    /// <summary>Payloads of releases and mentions.</summary>
    public string Payloads => Path.Combine(Folder, "payloads.bin");

    /// <summary><see cref="Mention"/>s.</summary>
    public string Mentions => Path.Combine(Folder, "mentions.bin");

    /// <summary><see cref="Document"/>s.</summary>
    public string Documents => Path.Combine(Folder, "documents.bin");

    /// <summary>Further ISRCs: number of a mention and code, 4 and 8 bytes.</summary>
    public string Isrcs => Path.Combine(Folder, "isrcs.bin");

    /// <summary><see cref="SamePair"/>s.</summary>
    public string Same => Path.Combine(Folder, "same.bin");

    /// <summary>Credits of tracks that are not their recordings': numbers of a mention and a credit, 4 bytes each.</summary>
    public string TrackCredits => Path.Combine(Folder, "track-credits.bin");

    /// <summary>Payloads of artists, and for each artist where its first begins.</summary>
    public string Artists => Path.Combine(Folder, "artists.bin");

    public string ArtistPlaces => Path.Combine(Folder, "artist-places.bin");

    /// <summary>Artists of whom more was said: number and place, 4 and 8 bytes.</summary>
    public string FurtherArtists => Path.Combine(Folder, "artists-further.bin");

    /// <summary>Payloads of credits, with numbers of artists.</summary>
    public string Credits => Path.Combine(Folder, "credits.bin");

    public string CreditPlaces => Path.Combine(Folder, "credit-places.bin");

    /// <summary>Sets of countries, each behind its length.</summary>
    public string MarketSets => Path.Combine(Folder, "markets.bin");

    /// <summary>The file that <see cref="ParsedRecords"/> are in.</summary>
    public const string Parsed = "parsed.json";

    /// <summary>What parsing left of these accessions, or null where it did not end.</summary>
    public ParsedRecords? ReadParsed(string inputs) => ReadMarker<ParsedRecords>(Parsed) is { } parsed && parsed.Inputs == inputs ? parsed : null;

    public void WriteParsed(ParsedRecords parsed) => WriteMarker(Parsed, parsed);

    /// <summary>Whether files are what was written.</summary>
    public bool AreWhole(IEnumerable<StagedDigest> files) => files.All(file => file.IsMet(Folder));

    /// <summary>Reads what says that a stage ended; null where it is not there or none of ours.</summary>
    public T? ReadMarker<T>(string name)
        where T : class
    {
        var path = Path.Combine(Folder, name);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void WriteMarker<T>(string name, T marker) => Workbench.Durable.WriteFile(Path.Combine(Folder, name), stream => JsonSerializer.Serialize(stream, marker, Strict));

    /// <summary>How many items a file of a fixed-size kind has.</summary>
    public static long Count<T>(string path)
        where T : unmanaged => new FileInfo(path).Length / Marshal.SizeOf<T>();

    /// <summary>Items of a file of a fixed-size kind, some at a time; the span is valid until the next.</summary>
    public static void ForEach<T>(string path, Action<long, ReadOnlyMemory<T>> each)
        where T : unmanaged
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var size = Marshal.SizeOf<T>();
        var some = new T[Math.Max((1 << 22) / size, 1)];
        var total = RandomAccess.GetLength(file) / size;
        for (long done = 0; done < total;)
        {
            var count = (int)Math.Min(some.Length, total - done);
            var part = MemoryMarshal.AsBytes(some.AsSpan(0, count));
            for (var read = 0; read < part.Length;)
            {
                var got = RandomAccess.Read(file, part[read..], done * size + read);
                if (got == 0)
                    throw new EndOfStreamException(path);
                read += got;
            }

            each(done, some.AsMemory(0, count));
            done += count;
        }
    }
}
