using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>What belongs together, and in which order. Ranks are from 1; 0 where something does not count, as a later record took its place.</summary>
internal sealed class Matched
{
    /// <summary>For each mention, its recording's rank.</summary>
    public required uint[] Recordings { get; init; }

    /// <summary>For each release number, its rank.</summary>
    public required uint[] Releases { get; init; }

    /// <summary>For each artist number, its rank.</summary>
    public required uint[] Artists { get; init; }

    /// <summary>For each credit, the credit that stands for it.</summary>
    public required uint[] Credits { get; init; }

    /// <summary>For each recording rank, the mention that leads: of the source that comes first, the first.</summary>
    public required uint[] Leads { get; init; }

    /// <summary>Listens by rank, of what has any.</summary>
    public required long[] RecordingListens { get; init; }

    /// <summary>Credits of releases of which only the tracks' are known: rank and credit.</summary>
    public required FilledCredit[] ReleaseCredits { get; init; }

    public required long[] ReleaseListens { get; init; }

    public required long[] ArtistListens { get; init; }

    /// <summary>For each accession in order, records that a later one took the place of.</summary>
    public required long[] Superseded { get; init; }

    /// <summary>These records, by number of their document.</summary>
    public required uint[] SupersededDocuments { get; init; }

    public required int ReleaseCount { get; init; }

    public required int ArtistCount { get; init; }

    public int RecordingCount => Leads.Length;

    /// <summary>The file that says that matching ended.</summary>
    public const string Marker = "matched.json";

    /// <summary>What matching left, or null where it did not end, or not whole.</summary>
    public static Matched? Read(StagedFiles files, string inputs)
    {
        if (files.ReadMarker<Ended>(Marker) is not { } counts || counts.Inputs != inputs || !files.AreWhole(counts.Staged))
            return null;
        T[] All<T>(string name)
            where T : unmanaged => StagedFiles.ReadAll<T>(Place(files, name));
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
            Superseded = All<long>("superseded"),
            SupersededDocuments = All<uint>("superseded-documents"),
            ReleaseCount = counts.Releases,
            ArtistCount = counts.Artists,
        };
    }

    public void Write(StagedFiles files, string inputs)
    {
        var staged = new List<StagedDigest>();
        void All<T>(string name, T[] items)
            where T : unmanaged => staged.Add(StagedFile.WriteAll(Place(files, name), items));
        All("recordings", Recordings);
        All("releases", Releases);
        All("artists", Artists);
        All("credits", Credits);
        All("leads", Leads);
        All("recording-listens", RecordingListens);
        All("release-credits", ReleaseCredits);
        All("release-listens", ReleaseListens);
        All("artist-listens", ArtistListens);
        All("superseded", Superseded);
        All("superseded-documents", SupersededDocuments);
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
