using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Harvesting;

/// <summary>What to harvest.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Location">A dump's archive, or a folder with some.</param>
/// <param name="Source">The source's name, <c>[a-z0-9.-]</c>; null: <c>musicbrainz</c>.</param>
/// <param name="WithSupplementary">Whether parts that are not CC0 are taken too.</param>
/// <param name="Key">The OpenPGP key, armored or not, that must have signed what vouches for the archives; null: signatures are not looked at.</param>
public sealed record DumpHarvestRequest(string Archive, string Location, string? Source = null, bool WithSupplementary = false, string? Key = null);

/// <summary>An archive that will be read.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Entity">What its documents are of.</param>
/// <param name="Timestamp">When MusicBrainz made it, in its words.</param>
/// <param name="Copying">What it says of its licence.</param>
/// <param name="LengthBytes">Its length.</param>
public sealed record PlannedDump(string Path, string Entity, string Timestamp, string Copying, long LengthBytes);

/// <summary>What will be harvested.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Dumps">The archives, in the order in which they will be read.</param>
/// <param name="Ignored">Names of archives beside them that are not read.</param>
public sealed record DumpHarvestPlan(DumpHarvestRequest Request, string Source, IReadOnlyList<PlannedDump> Dumps, IReadOnlyList<string> Ignored)
{
    /// <summary>All lengths.</summary>
    public long LengthBytes => Dumps.Sum(d => d.LengthBytes);
}

/// <summary>What came of one archive.</summary>
/// <param name="File">Its name.</param>
/// <param name="Entity">What its documents are of.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="Records">Those that are records.</param>
/// <param name="SetAside">Those that were set aside.</param>
/// <param name="IsChecked">Whether a SHA256SUMS beside it vouches for it.</param>
/// <param name="IsSigned">Whether it, or the SHA256SUMS that vouches for it, is signed with the key that was given.</param>
public sealed record DumpCount(string File, string Entity, long Lines, long Records, long SetAside, bool IsChecked, bool IsSigned);

/// <summary>What was harvested.</summary>
/// <param name="Accession">The accession's number: a new one, or where the archives are those of the source's last accession, that one.</param>
/// <param name="Source">The source's name.</param>
/// <param name="IsNew">Whether an accession was made.</param>
/// <param name="Records">Records in it.</param>
/// <param name="SetAside">Lines set aside, and archives that ended early.</param>
/// <param name="Dumps">The archives, one by one; empty where no accession was made.</param>
/// <param name="Ignored">Names of archives beside them that were not read.</param>
/// <param name="Findings">What was set aside: the first thousand.</param>
public sealed record DumpHarvestReport(int Accession, string Source, bool IsNew, long Records, long SetAside, IReadOnlyList<DumpCount> Dumps, IReadOnlyList<string> Ignored, IReadOnlyList<Finding> Findings);

/// <summary>
/// Reads MusicBrainz JSON dumps and writes one accession: each line of each archive a line. Streamed, in flat memory, on all cores. A killed run's whole frames are taken up: the archives are unpacked
/// again up to there, and nothing is written twice. An archive that is cut off gives what is whole; one that is corrupt gives nothing, as nobody knows which lines are right. Where the archives are those of the source's last accession, by SHA-256, none is made.
/// </summary>
public static class MusicBrainzHarvest
{
    private const int MostFindings = 1000;

    /// <summary>Looks at the archives' beginnings.</summary>
    /// <exception cref="LacquerException">There are none, or one is not what it should be.</exception>
    public static DumpHarvestPlan Plan(DumpHarvestRequest request)
    {
        var source = request.Source ?? "musicbrainz";
        NextAccession.MustBeName(source);
        var (archives, others) = MusicBrainzDump.At(Path.GetFullPath(request.Location));
        var dumps = new List<PlannedDump>();
        foreach (var path in archives)
        {
            using var dump = MusicBrainzDump.Open(path);
            if (dumps.Find(d => d.Entity == dump.Entity) is { } twin)
                throw new LacquerException(Failure.Usage, $"{path} holds mbdump/{dump.Entity}, as does {twin.Path}", "give each its right name, or name the file to read");
            dumps.Add(new PlannedDump(path, dump.Entity, dump.Timestamp, dump.Copying, new FileInfo(path).Length));
        }

        return new DumpHarvestPlan(request, source, dumps, others);
    }

    /// <summary>Harvests.</summary>
    public static async Task<DumpHarvestReport> RunAsync(DumpHarvestPlan plan, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(plan.Request.Archive, clock);
        var next = NextAccession.Of(archive, plan.Source);
        var (origins, vouched) = await OriginsAsync(plan, progress, stop).ConfigureAwait(false);
        if (next.Before is { Adapter: DumpRecord.Adapter } before && OriginsOf(archive.Layout.Accession(before.Source, before.Number)).SequenceEqual(origins))
        {
            var known = archive.Ledger.Findings("harvest", plan.Source);
            return new DumpHarvestReport(before.Number, plan.Source, IsNew: false, before.Records, known.Count, [], plan.Ignored, known);
        }

        var findings = new List<Finding>();
        var counts = new List<DumpCount>();
        using (var writer = AccessionWriter.Open(next.Partial, new AccessionHeader(next.Number, plan.Source, DumpRecord.Adapter) { Origins = origins }))
        {
            var pass = writer.Records; // lines that a killed run has written
            var taken = 0L;
            foreach (var (planned, by) in plan.Dumps.Zip(vouched))
            {
                counts.Add(await ReadAsync(planned, by, taken, writer).ConfigureAwait(false));
                taken += planned.LengthBytes;
            }

            writer.Finish();

            async Task<DumpCount> ReadAsync(PlannedDump planned, (bool IsChecked, bool IsSigned) by, long bytesBefore, AccessionWriter to)
            {
                using var dump = MusicBrainzDump.Open(planned.Path);
                var (records, setAside) = (0L, 0L);
                var buffers = new ConcurrentBag<ConvertedLines>();
                await foreach (var converted in dump.Batches().InOrder(Environment.ProcessorCount, (lines, _) => Task.FromResult(Convert(lines)), stop).ConfigureAwait(false))
                {
                    Take(converted);
                    buffers.Add(converted);
                    progress.Report(new StageProgress(pass > 0 ? $"pass over {planned.Entity}" : $"harvest {planned.Entity}", bytesBefore + dump.BytesRead, plan.LengthBytes, IsBytes: true));
                }

                if (dump.Problem is { } problem)
                {
                    if (dump.IsCorrupt)
                        throw new LacquerException(Failure.Damaged, $"{planned.Path}: {problem}", "fetch it again, and SHA256SUMS with it");
                    // After the last whole line, so that the accession accounts for what is not in it.
                    using var ended = new ConvertedLines();
                    ended.Findings.Add(DumpRecord.WriteSetAside(ended.Bytes, planned.Entity, "damaged", $"{Path.GetFileName(planned.Path)}: {problem}", dump.Lines + 1));
                    ended.Ends.Add((int)ended.Bytes.Length);
                    Take(ended);
                }

                return new DumpCount(Path.GetFileName(planned.Path), planned.Entity, dump.Lines, records, setAside, by.IsChecked, by.IsSigned);

                void Take(ConvertedLines converted)
                {
                    var bytes = converted.Bytes.GetBuffer();
                    var start = 0;
                    foreach (var end in converted.Ends)
                    {
                        if (pass > 0) pass--;
                        else to.Add(bytes.AsSpan(start, end - start));
                        start = end;
                    }

                    setAside += converted.Findings.Count;
                    records += converted.Ends.Count - converted.Findings.Count;
                    findings.AddRange(converted.Findings.Take(MostFindings - findings.Count));
                }

                ConvertedLines Convert(DumpLines lines)
                {
                    if (!buffers.TryTake(out var converted))
                        converted = new ConvertedLines();
                    converted.Clear();
                    var number = lines.FirstLine;
                    if (lines.TooLongBytes > 0)
                    {
                        converted.Findings.Add(DumpRecord.WriteTooLong(converted.Bytes, planned.Entity, lines.TooLongBytes, number));
                        converted.Ends.Add((int)converted.Bytes.Length);
                        return converted;
                    }

                    foreach (var line in lines.Each())
                    {
                        if (DumpRecord.Write(converted.Bytes, planned.Entity, line.Span, number++, plan.Request.WithSupplementary) is { } finding)
                            converted.Findings.Add(finding);
                        converted.Ends.Add((int)converted.Bytes.Length);
                    }

                    ArrayPool<byte>.Shared.Return(lines.Bytes);
                    return converted;
                }
            }
        }

        var (all, aside) = (counts.Sum(c => c.Records), counts.Sum(c => c.SetAside));
        if (aside > findings.Count)
            findings.Add(new Finding("harvest", plan.Source, "more", FormattableString.Invariant($"{aside - findings.Count} more were set aside; the accession has a line for each")));
        await next.SealAsync(DumpRecord.Adapter, Path.GetFullPath(plan.Request.Location), all, findings, stop).ConfigureAwait(false);
        return new DumpHarvestReport(next.Number, plan.Source, IsNew: true, all, aside, counts, plan.Ignored, findings);
    }

    // Every archive is read once before anything is made of it: its hash names it, and what a SHA256SUMS beside it says must be so.
    private static async Task<(List<AccessionOrigin> Origins, List<(bool IsChecked, bool IsSigned)> Vouched)> OriginsAsync(DumpHarvestPlan plan, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var (origins, vouched) = (new List<AccessionOrigin>(), new List<(bool, bool)>());
        using var signatures = plan.Request.Key is { } key ? new PgpSignatures(key) : null;
        var done = 0L;
        var buffer = new byte[1 << 20];
        foreach (var dump in plan.Dumps)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var file = new FileStream(dump.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
            int read;
            while ((read = await file.ReadAsync(buffer, stop).ConfigureAwait(false)) > 0)
            {
                hash.AppendData(buffer.AsSpan(0, read));
                done += read;
                progress.Report(new StageProgress("check archives", done, plan.LengthBytes, IsBytes: true));
            }

            var sha256 = new Sha256Digest(hash.GetHashAndReset());
            var said = SumBeside(dump.Path);
            if (said is { } expected && expected != sha256)
                throw new LacquerException(Failure.Untrusted, $"{dump.Path} has SHA-256 {sha256}, and SHA256SUMS beside it says {expected}", "fetch both again");
            vouched.Add((said is not null, signatures is not null && await IsSignedAsync(signatures, dump.Path, said is not null, stop).ConfigureAwait(false)));
            origins.Add(new AccessionOrigin(Path.GetFileName(dump.Path), sha256, MusicBrainzDump.KnownSchema, dump.Timestamp, dump.Copying, plan.Request.WithSupplementary ? "" : DumpRecord.Supplementary));
        }

        return (origins, vouched);
    }

    // By its own signature or that of the sums; whoever gives a key wants one of them.
    private static async Task<bool> IsSignedAsync(PgpSignatures signatures, string path, bool isInSums, CancellationToken stop)
    {
        var sums = Path.Combine(Path.GetDirectoryName(path)!, "SHA256SUMS");
        foreach (var signed in isInSums ? new[] { path, sums } : [path])
            foreach (var signature in new[] { signed + ".asc", signed + ".sig", signed + ".gpg" }.Where(File.Exists))
            {
                await signatures.VerifyAsync(signature, signed, stop).ConfigureAwait(false);
                return true;
            }

        throw new LacquerException(Failure.Untrusted, $"no signature vouches for {path}", "fetch SHA256SUMS and SHA256SUMS.asc with it, or leave --key out");
    }

    // The line of sha256sum for a file, in the SHA256SUMS of its folder; null where there is none.
    private static Sha256Digest? SumBeside(string path)
    {
        var sums = Path.Combine(Path.GetDirectoryName(path)!, "SHA256SUMS");
        if (!File.Exists(sums))
            return null;
        var name = Path.GetFileName(path);
        return File.ReadLines(sums).Take(10_000)
            .Where(line => line.Length > 66 && line[64] == ' ' && line[65] is ' ' or '*' && line[66..].TrimStart('.', '/') == name)
            .Select(line => Sha256Digest.TryParse(line[..64], out var digest) ? digest : (Sha256Digest?)null).FirstOrDefault(d => d is not null);
    }

    private static IReadOnlyList<AccessionOrigin> OriginsOf(string path)
    {
        try
        {
            using var reader = AccessionReader.Open(path);
            return reader.Header.Origins;
        }
        catch (LacquerException e) when (e.Failure is Failure.Missing or Failure.Damaged)
        {
            return []; // made again, under a new number
        }
    }

    // Lines ready for the accession, one behind the other.
    private sealed class ConvertedLines : IDisposable
    {
        public MemoryStream Bytes { get; } = new();

        public List<int> Ends { get; } = [];

        public List<Finding> Findings { get; } = [];

        public void Clear()
        {
            Bytes.SetLength(0);
            Ends.Clear();
            Findings.Clear();
        }

        public void Dispose() => Bytes.Dispose();
    }
}
