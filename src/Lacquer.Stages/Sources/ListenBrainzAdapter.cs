using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// ListenBrainz' public dumps of listens, counted: a record says how often a recording was heard, and nothing of who listened. The records are in the order of their MBIDs. A full dump begins anew: what only earlier
/// accessions of the source have heard counts 0 from then on. An incremental dump gives the sums of what it touches, for the last record of a key is what counts.
/// A killed run counts again, and goes on where its records ended.
/// </summary>
internal sealed class ListenBrainzAdapter : Adapter
{
    private const string Full = "full";
    private const string SummaryKey = "dump";
    private const int InMemory = 8_000_000;

    public override string Name => "listenbrainz";

    public override string Summary => "Counts the listens of ListenBrainz' public dumps by recording, without unpacking them to disk and without a word of who listened. The full dump comes first, then each incremental one in order.";

    public override string LocationHelp => "listenbrainz-listens-dump-N-DATE-TIME-full.tar.zst, …-incremental.tar.zst (or .tar.xz), or a folder with one of them.";

    public override IReadOnlyList<string> Examples => ["lacquer harvest listenbrainz ~/listenbrainz-listens-dump-2663-20260915-000002-full.tar.zst --archive /srv/music"];

    public override IReadOnlyList<AdapterOption> Options => [new("--in-memory", "Recordings that are counted in memory at once, 60 bytes each; otherwise 8000000. More of them go to disk meanwhile.", "N")];

    public override bool TakesChangesOnly => false;

    public override async Task<HarvestSubject> PrepareAsync(AdapterRequest request, IProgress<StageProgress> progress, CancellationToken cancel)
    {
        Most(request);
        var path = ListenBrainzDump.At(request.Path);
        using var dump = ListenBrainzDump.Open(path);
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        for (int read; (read = await file.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0; progress.Report(new StageProgress("check file", file.Position, file.Length, IsBytes: true)))
            hash.AppendData(buffer.AsSpan(0, read));
        return new HarvestSubject(Name)
        {
            Origins = [new AccessionOrigin(Path.GetFileName(path), new Sha256Digest(hash.GetHashAndReset()), dump.Schema, dump.End, dump.Copying, "")],
            Settings = dump.Start is { } start ? $"since {start}" : Full,
            Note = $"would count the listens of {path}, {(dump.Start is { } from ? $"from {from} " : "")}up to {dump.End}",
        };
    }

    public override Task TakeAsync(HarvestRun run, CancellationToken cancel)
    {
        var path = ListenBrainzDump.At(run.Request.Path);
        using var dump = ListenBrainzDump.Open(path);
        var earlier = Since(run, dump, path);
        using var counts = new ListenCounts(Path.GetDirectoryName(new ArchiveLayout(run.Request.Archive).Accession(run.Source, 1))!, Most(run.Request));
        var length = new FileInfo(path).Length;
        var (listens, unmapped) = dump.Count(counts, (place, why) => run.SetAside(place, "unreadable", why), () =>
        {
            cancel.ThrowIfCancellationRequested();
            run.Report("count listens", dump.BytesRead, length, areBytes: true);
        });
        var (recordings, line) = (0L, new MemoryStream());
        foreach (var (now, before) in Beside(counts.InOrder(), earlier))
        {
            cancel.ThrowIfCancellationRequested();
            if ((++recordings & 0xFFFF) == 0)
                run.Report("write counts", recordings, 0);
            // Of an incremental dump, what it does not touch stands as it is.
            if (now is null && (dump.Start is not null || before!.Listens == 0))
                continue;
            var sum = (now?.Listens ?? 0) + (dump.Start is null ? 0 : before?.Listens ?? 0);
            var named = now is { Title.Length: > 0 } && before is not { Title.Length: > 0 } ? now : before ?? now!;
            run.Add(named.Mbid.ToString("D"), Record(line, named with { Listens = sum }));
        }

        run.Add(SummaryKey, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["file"] = Path.GetFileName(path), ["listens"] = listens, ["without_recording"] = unmapped }));
        return Task.CompletedTask;
    }

    public override SourceDocument? Describe(string key, JsonElement record)
    {
        if (key == SummaryKey)
            return null;
        var artist = record.Text("artist_name");
        return new SourceRecording(key, record.Text("track_name")) { Mbid = key, Artists = artist.Length > 0 ? [new SourceName(artist)] : [], Listens = record.Whole("listen_count") ?? 0 };
    }

    // What the source's accessions say since its last full dump: later ones say sums.
    private static IEnumerable<ListenCount> Since(HarvestRun run, ListenBrainzDump dump, string path)
    {
        var chain = new List<(string Path, AccessionHeader Header)>();
        foreach (var accession in run.Earlier)
        {
            using var reader = AccessionReader.Open(accession);
            if (reader.Header.Settings == Full)
                chain.Clear();
            chain.Add((accession, reader.Header));
        }

        var reached = chain.Count > 0 ? chain[^1].Header.Origins[0].Timestamp : null;
        if (dump.Start is { } start && reached is null)
            throw new LacquerException(Failure.Usage, $"{path} has only the listens since {start}, and there is no full dump before it", "harvest a full dump first, then each incremental one in order");
        if (dump.Start is { } from && Moment(from) != Moment(reached!))
            throw new LacquerException(Failure.Usage, $"{path} goes on from {from}, and what was harvested reaches to {reached}", "harvest the incremental dumps between them in order, or a newer full dump");
        if (dump.Start is null && reached is not null && Moment(dump.End) < Moment(reached))
            throw new LacquerException(Failure.Usage, $"{path} reaches to {dump.End}, and what was harvested to {reached}", "take a newer dump, or give this one a name of its own: --source NAME");
        return Merged(chain.Select(c => Counts(c.Path)).ToList());
    }

    private static DateTimeOffset Moment(string text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment
        : throw new LacquerException(Failure.Damaged, $"'{text[..Math.Min(text.Length, 80)]}' is no moment", "fetch the dump again");

    // The records of an accession, in the order of their MBIDs.
    private static IEnumerable<ListenCount> Counts(string path)
    {
        using var reader = AccessionReader.Open(path);
        var last = Guid.Empty;
        foreach (var line in reader.Lines())
        {
            using var json = JsonDocument.Parse(line.Line);
            if (!json.RootElement.TryGetProperty("record", out var record) || !Guid.TryParseExact(json.RootElement.Text("key"), "D", out var mbid))
                continue;
            if (mbid <= last)
                throw new LacquerException(Failure.Damaged, $"{path} is not in the order of its MBIDs", "put it back from a copy");
            yield return new ListenCount(last = mbid, record.Whole("listen_count") ?? 0, record.Text("track_name"), record.Text("artist_name"), record.Text("release_name"));
        }
    }

    // Of several accessions in order, what the last says of each recording.
    private static IEnumerable<ListenCount> Merged(List<IEnumerable<ListenCount>> accessions) =>
        accessions.Aggregate(Enumerable.Empty<ListenCount>(), (merged, later) => Beside(later, merged).Select(pair => pair.Left ?? pair.Right!));

    // Two ordered lists side by side.
    private static IEnumerable<(ListenCount? Left, ListenCount? Right)> Beside(IEnumerable<ListenCount> left, IEnumerable<ListenCount> right)
    {
        using var one = left.GetEnumerator();
        using var other = right.GetEnumerator();
        var (hasOne, hasOther) = (one.MoveNext(), other.MoveNext());
        while (hasOne || hasOther)
        {
            var order = !hasOne ? 1 : !hasOther ? -1 : one.Current.Mbid.CompareTo(other.Current.Mbid);
            yield return (order <= 0 ? one.Current : null, order >= 0 ? other.Current : null);
            hasOne = order <= 0 ? one.MoveNext() : hasOne;
            hasOther = order >= 0 ? other.MoveNext() : hasOther;
        }
    }

    private static ReadOnlySpan<byte> Record(MemoryStream line, ListenCount count)
    {
        line.SetLength(0);
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("recording_mbid", count.Mbid);
            json.WriteNumber("listen_count", count.Listens);
            json.WriteString("track_name", count.Title);
            json.WriteString("artist_name", count.Artist);
            json.WriteString("release_name", count.Release);
            json.WriteEndObject();
        }

        return line.GetBuffer().AsSpan(0, (int)line.Length);
    }

    private static int Most(AdapterRequest request) => request.Option("--in-memory") is not { } text ? InMemory
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is > 0 and <= 100_000_000 ? most
        : throw new LacquerException(Failure.Usage, $"'{text}' is not a number of recordings from 1 to 100000000", "leave --in-memory away, or give it such a number");
}
