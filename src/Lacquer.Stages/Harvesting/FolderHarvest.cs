using System.Security.Cryptography;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Harvesting;

/// <summary>What to harvest.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Folder">The source: a folder of music.</param>
/// <param name="Source">The source's name, <c>[a-z0-9.-]</c>; null: from the folder's name.</param>
/// <param name="Listens">A CSV table of listens, or null.</param>
public sealed record HarvestRequest(string Archive, string Folder, string? Source = null, string? Listens = null);

/// <summary>What will be harvested.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Folder">The folder, absolute.</param>
/// <param name="Files">Audio files met.</param>
/// <param name="LengthBytes">Their lengths.</param>
public sealed record HarvestPlan(HarvestRequest Request, string Source, string Folder, long Files, long LengthBytes);

/// <summary>What was harvested.</summary>
/// <param name="Accession">The accession's number: a new one, or where nothing had changed, the one that stands.</param>
/// <param name="Source">The source's name.</param>
/// <param name="IsNew">Whether an accession was made.</param>
/// <param name="Records">Files, or parts of files, described in it.</param>
/// <param name="Findings">Files set aside.</param>
public sealed record HarvestReport(int Accession, string Source, bool IsNew, long Records, IReadOnlyList<Finding> Findings);

/// <summary>
/// Reads a folder of music and writes one accession: for each audio file its length and SHA-256, ffprobe's description verbatim, the evidence of its licence, its cover, its lyrics and its
/// listens, where a cue sheet says that it holds several recordings once for each of them; for each that cannot be used, the reason. Resumes after the last whole frame of a killed run. Where nothing has changed since the source's last accession, none is made.
/// </summary>
public static class FolderHarvest
{
    private static readonly HashSet<string> AudioExtensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".ogg", ".oga", ".opus", ".spx", ".flac", ".mp3", ".mp2", ".m4a", ".m4b", ".m4p", ".aac", ".aax", ".aaxc", ".aa", ".alac", ".wma", ".asf",
        ".wav", ".w64", ".aif", ".aiff", ".aifc", ".ape", ".wv", ".mpc", ".tta", ".mka", ".weba", ".ac3", ".dts", ".dsf", ".dff", ".caf", ".au", ".snd", ".ra", ".voc",
    };

    private static readonly string[] CoverNames = ["cover", "folder", "front", "albumart"];

    /// <summary>Counts what is there.</summary>
    /// <exception cref="LacquerException">The folder is missing, or the source's name cannot be.</exception>
    public static HarvestPlan Plan(HarvestRequest request)
    {
        var folder = Path.GetFullPath(request.Folder);
        if (!Directory.Exists(folder))
            throw new LacquerException(Failure.Missing, $"no folder at {folder}", "lacquer harvest folder DIR reads a folder of music");
        var source = request.Source ?? NextAccession.SourceName(Path.GetFileName(folder));
        NextAccession.MustBeName(source);
        var (files, bytes) = (0L, 0L);
        foreach (var (_, path, problem) in Files(folder))
        {
            if (problem is not null)
                continue;
            files++;
            bytes += new FileInfo(path) is { Exists: true } info ? info.Length : 0;
        }

        return new HarvestPlan(request, source, folder, files, bytes);
    }

    /// <summary>Harvests.</summary>
    public static async Task<HarvestReport> RunAsync(HarvestPlan plan, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(plan.Request.Archive, clock);
        var probe = new AudioProbe();
        var ffmpeg = Toolbox.Require("ffmpeg", "ffmpeg");
        var listens = plan.Request.Listens is { } table ? ListensTable.Read(table) : null;
        var licences = new LicenceFiles(plan.Folder);
        var sideCars = new SideCars(plan.Folder);
        var next = NextAccession.Of(archive, plan.Source);
        var (number, partial) = (next.Number, next.Partial);
        if (File.Exists(partial) && !IsStillSo(partial, plan.Folder, licences, sideCars, listens))
            File.Delete(partial);

        using (var writer = AccessionWriter.Open(partial, new AccessionHeader(number, plan.Source, AudioRecord.Adapter)))
        {
            var last = writer.LastLine is { } line ? AudioRecord.Read(line) : default;
            var (after, inFile) = (last.Record?.File ?? last.SetAside?.Subject, last.Record?.Part is null ? null : last.Record.Key);
            // Of a file that a killed run had in hand, the parts that are written are passed over.
            var files = Files(plan.Folder).Where(f => after is null || CompareKeys(f.Key, after) is > 0 || (inFile is not null && f.Key == after))
                // Evidence and what lies beside is found one file after another: folders are remembered.
                .Select(f => (f.Key, f.Path, f.Problem, Evidence: f.Problem is null ? licences.For(f.Key).ToList() : [], Beside: f.Problem is null ? sideCars.For(f.Key) : null));
            long done = 0;
            await foreach (var lines in files.InOrder(Environment.ProcessorCount, (file, cancel) => file.Problem is { } problem ? Task.FromResult<IReadOnlyList<byte[]>>([AudioRecord.SetAsideLine(problem)])
                : DescribeAsync(file.Key, file.Path, file.Evidence, file.Beside!, cancel), stop).ConfigureAwait(false))
            {
                foreach (var described in lines.Where(l => inFile is null || string.CompareOrdinal(AudioRecord.KeyOf(l), inFile) > 0))
                    writer.Add(described);
                inFile = null;
                progress.Report(new StageProgress("harvest", ++done, plan.Files));
            }

            writer.Finish();
        }

        // Everything set aside stands in the accession, so that a resumed run reports what the killed one met.
        var findings = new List<Finding>();
        long records = 0;
        using (var reader = AccessionReader.Open(partial))
            foreach (var line in reader.Lines())
            {
                var (record, finding) = AudioRecord.Read(line.Line);
                if (record is { CueProblem.Length: > 0 })
                    finding = new Finding("harvest", record.Key, "cue", record.CueProblem);
                if (finding is not null) findings.Add(finding);
                if (record is not null) records++;
            }

        if (next.Before is { } before && SameRecords(archive.Layout.Accession(before.Source, before.Number), partial))
        {
            File.Delete(partial);
            archive.Ledger.ReplaceFindings("harvest", plan.Source, findings);
            return new HarvestReport(before.Number, plan.Source, IsNew: false, records, findings);
        }

        await next.SealAsync(AudioRecord.Adapter, plan.Folder, records, findings, stop).ConfigureAwait(false);
        return new HarvestReport(number, plan.Source, IsNew: true, records, findings);

        async Task<IReadOnlyList<byte[]>> DescribeAsync(string key, string path, IReadOnlyList<Evidence> evidence, SideCar beside, CancellationToken cancel)
        {
            try
            {
                var lines = WithBeside(await ReadAsync(key, path, evidence, cancel).ConfigureAwait(false), beside).Select(r => (r with { Listens = listens?.For(r) }).ToLine()).ToList();
                return lines.TrueForAll(l => l.Length <= AccessionFile.LongestLineBytes) ? lines : throw new UnusableFileException("tags", $"its tags are longer than {AccessionFile.LongestLineBytes >> 20} MiB");
            }
            catch (UnusableFileException e)
            {
                return [AudioRecord.SetAsideLine(new Finding("harvest", key, e.Kind, e.Message))];
            }
            catch (Exception e) when (e is UnauthorizedAccessException or TimeoutException || (e is IOException && !Durable.IsDiskFull(e)))
            {
                return [AudioRecord.SetAsideLine(new Finding("harvest", key, "unreadable", e.Message.ReplaceLineEndings(" ")))];
            }
        }

        async Task<AudioRecord> ReadAsync(string key, string path, IReadOnlyList<Evidence> evidence, CancellationToken cancel)
        {
            if (key.Contains('\uFFFD', StringComparison.Ordinal) && !File.Exists(path))
                throw new UnusableFileException("name", "its name is not UTF-8, so that it cannot be opened: rename it");
            var record = await probe.DescribeAsync(key, path, evidence, cancel).ConfigureAwait(false);
            return record with { Cover = await CoverAsync(record.Probe, path, cancel).ConfigureAwait(false) };
        }

        async Task<CoverImage?> CoverAsync(JsonElement probe, string path, CancellationToken cancel)
        {
            var embedded = probe.GetProperty("streams").EnumerateArray().FirstOrDefault(s =>
                s.TryGetProperty("disposition", out var d) && d.TryGetProperty("attached_pic", out var pic) && pic.TryGetInt32(out var flag) && flag == 1);
            if (embedded.ValueKind == JsonValueKind.Object)
            {
                var picture = await Toolbox.RunAsync(ffmpeg, ["-nostdin", "-v", "error", "-i", "file:" + path, "-map", $"0:{embedded.GetProperty("index").GetInt32()}", "-c", "copy", "-f", "image2pipe", "-"], AudioProbe.Limit, cancel).ConfigureAwait(false);
                if (picture.ExitCode == 0 && CoverFiles.Keep(archive.Layout, picture.Output, "embedded") is { } kept)
                    return kept;
            }

            foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(path)!).Where(f => CoverNames.Contains(Path.GetFileNameWithoutExtension(f), StringComparer.OrdinalIgnoreCase)
                && Path.GetExtension(f).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png" or ".webp" or ".gif").Order(StringComparer.Ordinal))
                if (new FileInfo(file) is { LinkTarget: null, Length: > 0 and <= CoverFiles.LargestBytes }
                    && CoverFiles.Keep(archive.Layout, await File.ReadAllBytesAsync(file, cancel).ConfigureAwait(false), Path.GetRelativePath(plan.Folder, file).Replace(Path.DirectorySeparatorChar, '/')) is { } kept)
                    return kept;
            return null;
        }
    }

    // The file with its lyrics; or each of the parts that a cue sheet beside it, or else one within it, says it has.
    private static IEnumerable<AudioRecord> WithBeside(AudioRecord file, SideCar beside)
    {
        var within = SideCars.In(file.Tags);
        var whole = file with { Lyrics = [.. beside.Lyrics, .. within.Lyrics] };
        if ((beside.Cue ?? within.Cue) is not { } cue)
            return [whole];
        for (var i = 0; i < cue.Tracks.Count; i++)
            if (cue.Tracks[i].StartMs >= file.DurationMs || (i > 0 && (cue.Tracks[i].StartMs <= cue.Tracks[i - 1].StartMs || cue.Tracks[i].Number <= cue.Tracks[i - 1].Number)))
                return [whole with { CueProblem = FormattableString.Invariant($"{cue.Place}: track {cue.Tracks[i].Number} begins before the one before it, or after the file has ended; the file is taken as one") }];
        return cue.Tracks.Select((track, i) => new AudioPart(file.Key, track.Number, track.StartMs, i + 1 < cue.Tracks.Count ? cue.Tracks[i + 1].StartMs : null, cue.Place, cue.Sha256, track.Tags))
            .Select(part => new AudioRecord(part.Key, file.LengthBytes, file.Sha256, file.Probe, file.Evidence, null, file.Cover) { Part = part });
    }

    private static bool SameRecords(string left, string right)
    {
        if (!File.Exists(left))
            return false;
        try
        {
            using var one = AccessionReader.Open(left);
            using var other = AccessionReader.Open(right);
            using var others = other.Lines().GetEnumerator();
            foreach (var line in one.Lines())
                if (!others.MoveNext() || !others.Current.Line.Span.SequenceEqual(line.Line.Span))
                    return false;
            return !others.MoveNext();
        }
        catch (LacquerException e) when (e.Failure == Failure.Damaged)
        {
            return false;
        }
    }

    // A killed run's records are taken up only where they are what this run would write: the same files, licences, listens, lyrics and cue sheets beside them.
    private static bool IsStillSo(string partial, string folder, LicenceFiles licences, SideCars sideCars, ListensTable? listens)
    {
        try
        {
            using var reader = AccessionReader.Open(partial);
            foreach (var line in reader.Lines())
                if (AudioRecord.Read(line.Line).Record is { } record
                    && (new FileInfo(Path.Combine(folder, record.File)) is not { Exists: true } file || file.Length != record.LengthBytes || record.Listens != listens?.For(record)
                        || !record.Evidence.Where(e => e.Kind != EvidenceKind.Tag).SequenceEqual(licences.For(record.File))
                        || !IsStillBeside(record, sideCars.For(record.File))))
                    return false;
            return true;
        }
        catch (LacquerException e) when (e.Failure == Failure.Damaged)
        {
            return true; // cut off, as a killed run leaves it: up to there it is so
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool IsStillBeside(AudioRecord record, SideCar beside) => record.Part is { } part
        ? beside.Cue is { } cue ? (cue.Place, cue.Sha256) == (part.Cue, part.CueSha256) : part.Cue.Equals("cuesheet", StringComparison.OrdinalIgnoreCase)
        : (beside.Cue is null || record.CueProblem.Length > 0) && record.Lyrics.Where(l => l.Text is not null).SequenceEqual(beside.Lyrics);

    // Depth first, each folder's entries in ordinal order; one folder's names are in memory at a time. Links are not followed: they lead outside, or in circles.
    private static IEnumerable<(string Key, string Path, Finding? Problem)> Files(string root)
    {
        var pending = new Stack<IEnumerator<FileSystemInfo>>();
        try
        {
            pending.Push(Entries(new DirectoryInfo(root)));
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new LacquerException(Failure.Missing, $"the folder {root} cannot be read: {e.Message.ReplaceLineEndings(" ")}", "give the user who runs lacquer the right to read it", e);
        }

        while (pending.TryPeek(out var entries))
        {
            if (!entries.MoveNext())
            {
                pending.Pop();
                continue;
            }

            var entry = entries.Current;
            var key = Path.GetRelativePath(root, entry.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (entry.LinkTarget is not null)
            {
                if (entry is DirectoryInfo || AudioExtensions.Contains(entry.Extension))
                    yield return (key, entry.FullName, new Finding("harvest", key, "link", "it is a link, which is not followed: it may lead outside, or in circles"));
            }
            else if (entry is DirectoryInfo folder)
            {
                Finding? problem = null;
                try
                {
                    pending.Push(Entries(folder));
                }
                catch (Exception e) when (e is UnauthorizedAccessException or IOException)
                {
                    problem = key.Contains('\uFFFD', StringComparison.Ordinal)
                        ? new Finding("harvest", key, "name", "the folder's name is not UTF-8, so that it cannot be opened: rename it")
                        : new Finding("harvest", key, "unreadable", "the folder cannot be read: " + e.Message.ReplaceLineEndings(" "));
                }

                if (problem is not null)
                    yield return (key, entry.FullName, problem);
            }
            else if (AudioExtensions.Contains(entry.Extension))
            {
                yield return (key, entry.FullName, null);
            }
        }

        static IEnumerator<FileSystemInfo> Entries(DirectoryInfo folder) => folder.EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal).ToList().GetEnumerator();
    }

    // The order of Files: by component, so that "a/b" comes before "a-b" as its folder does.
    private static int CompareKeys(string left, string right)
    {
        var (one, other) = (left.Split('/'), right.Split('/'));
        for (var i = 0; i < Math.Min(one.Length, other.Length); i++)
            if (string.CompareOrdinal(one[i], other[i]) is not 0 and var order)
                return order;
        return one.Length.CompareTo(other.Length);
    }
}
