using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>What belongs together, and in which order. Ranks are from 1; 0 where something does not count, as a later record took its place.</summary>
internal sealed class Matched
{
    /// <summary>For each mention, its recording's rank.</summary>
    public required Column<uint> Recordings { get; init; }

    /// <summary>For each release number, its rank.</summary>
    public required Column<uint> Releases { get; init; }

    /// <summary>For each artist number, its rank.</summary>
    public required Column<uint> Artists { get; init; }

    /// <summary>For each credit, the credit that stands for it.</summary>
    public required Column<uint> Credits { get; init; }

    /// <summary>For each recording rank, the mention that leads: of the source that comes first, the first.</summary>
    public required Column<uint> Leads { get; init; }

    /// <summary>Listens by rank, of what has any.</summary>
    public required Column<long> RecordingListens { get; init; }

    /// <summary>Credits of releases of which only the tracks' are known, in the order of ranks.</summary>
    public required Column<FilledCredit> ReleaseCredits { get; init; }

    public required Column<long> ReleaseListens { get; init; }

    public required Column<long> ArtistListens { get; init; }

    /// <summary>For each accession in order, records that a later one took the place of.</summary>
    public required long[] Superseded { get; init; }

    /// <summary>These records, by number of their document, in order.</summary>
    public required Column<uint> SupersededDocuments { get; init; }

    public required int ReleaseCount { get; init; }

    public required int ArtistCount { get; init; }

    /// <summary>Ids that are withdrawn as the same as others. The ledger has them before this is written, and so it is not read back.</summary>
    public IReadOnlyList<(EntityId Id, EntityId SameAs)> AlsoWithdrawn { get; init; } = [];

    public int RecordingCount => (int)Leads.Length;

    /// <summary>The file that says that matching ended.</summary>
    public const string Marker = "matched.json";

    /// <summary>What matching left, or null where it did not end, or not whole.</summary>
    public static Matched? Read(StagedFiles files, Columns columns, string inputs)
    {
        if (files.ReadMarker<Ended>(Marker) is not { } counts || counts.Inputs != inputs || !files.AreWhole(counts.Staged))
            return null;
        Column<T> All<T>(string name)
            where T : unmanaged => columns.Read<T>(Place(files, name));
        using var superseded = All<long>("superseded");
        return new Matched
        {
            Recordings = All<uint>("recordings"),
            Releases = All<uint>("releases"),
            Artists = All<uint>("artists"),
            Credits = All<uint>("credits"),
            Leads = All<uint>("leads"),
            RecordingListens = All<long>("recording-listens"),
            ReleaseCredits = All<FilledCredit>("release-credits"),
            ReleaseListens = All<long>("release-listens"),
            ArtistListens = All<long>("artist-listens"),
            Superseded = superseded.Span().ToArray(),
            SupersededDocuments = All<uint>("superseded-documents"),
            ReleaseCount = counts.Releases,
            ArtistCount = counts.Artists,
        };
    }

    public void Write(StagedFiles files, string inputs)
    {
        var staged = new List<StagedDigest>();
        void All<T>(string name, ReadOnlySpan<T> items)
            where T : unmanaged => staged.Add(StagedFile.WriteAll(Place(files, name), items));
        All<uint>("recordings", Recordings.Span());
        All<uint>("releases", Releases.Span());
        All<uint>("artists", Artists.Span());
        All<uint>("credits", Credits.Span());
        All<uint>("leads", Leads.Span());
        All<long>("recording-listens", RecordingListens.Span());
        All<FilledCredit>("release-credits", ReleaseCredits.Span());
        All<long>("release-listens", ReleaseListens.Span());
        All<long>("artist-listens", ArtistListens.Span());
        All<long>("superseded", Superseded);
        All<uint>("superseded-documents", SupersededDocuments.Span());
        files.WriteMarker(Marker, new Ended(inputs, ReleaseCount, ArtistCount, staged));
    }

    private static string Place(StagedFiles files, string name) => Path.Combine(files.Folder, $"matched-{name}.bin");

    private sealed record Ended(string Inputs, int Releases, int Artists, IReadOnlyList<StagedDigest> Staged);
}

/// <summary>The credit that stands for those of a release's tracks.</summary>
internal struct FilledCredit
{
    public uint Release;
    public uint Credit;
}
