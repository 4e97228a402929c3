using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Harvesting;

/// <summary>What was harvested. Records, unchanged and set aside together are all that was met.</summary>
/// <param name="Accession">The accession's number: a new one, or where nothing had changed, the last that stands, 0 if there is none.</param>
/// <param name="Source">The source's name.</param>
/// <param name="IsNew">Whether an accession was made.</param>
/// <param name="Records">Records in it.</param>
/// <param name="Unchanged">Records that an earlier accession has, just the same.</param>
/// <param name="SetAside">Set aside, with their reasons.</param>
/// <param name="Findings">What was set aside: the first thousand.</param>
public sealed record AdapterReport(int Accession, string Source, bool IsNew, long Records, long Unchanged, long SetAside, IReadOnlyList<Finding> Findings);

/// <summary>
/// Harvests a source by its <see cref="Adapter"/> into one accession. A killed run is taken up: its whole frames stay, the adapter goes on at its last cursor, and what it adds twice is passed over.
/// Where there is nothing new, no accession is made.
/// </summary>
public static class AdapterHarvest
{
    /// <summary>Looks at the source.</summary>
    /// <exception cref="LacquerException">It is not what the adapter reads.</exception>
    public static async Task<HarvestSubject> PrepareAsync(Adapter adapter, AdapterRequest request, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var subject = await adapter.PrepareAsync(request, progress, stop).ConfigureAwait(false);
        subject = subject with { Source = request.Source ?? NextAccession.SourceName(subject.Source) };
        NextAccession.MustBeName(subject.Source);
        return subject;
    }

    /// <summary>Harvests.</summary>
    public static async Task<AdapterReport> RunAsync(Adapter adapter, AdapterRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        var subject = await PrepareAsync(adapter, request, progress, stop).ConfigureAwait(false);
        var next = NextAccession.Of(archive, subject.Source);
        var earlier = archive.Ledger.Accessions().Where(a => a.Source == subject.Source).ToList();
        if (earlier.Find(a => a.Adapter != adapter.Format) is { } other)
            throw new LacquerException(Failure.Usage, $"the source {subject.Source} was harvested as {other.Adapter} before", "give this one a name of its own: --source NAME");
        var header = new AccessionHeader(next.Number, subject.Source, adapter.Format) { Origins = subject.Origins, Settings = subject.Settings };
        if (subject.Origins.Count > 0 && next.Before is { } before && IsOf(archive.Layout.Accession(before.Source, before.Number), header))
        {
            var standing = archive.Ledger.Findings("harvest", subject.Source);
            return new AdapterReport(before.Number, subject.Source, IsNew: false, before.Records, 0, standing.Count, standing);
        }

        var known = adapter.TakesChangesOnly ? new KnownRecords(adapter.ChangedAt) : null;
        foreach (var accession in earlier)
            known?.TakeUp(archive.Layout.Accession(accession.Source, accession.Number), isInHand: false);
        var cursor = HarvestCursor.Open(next.Partial);
        if (File.Exists(next.Partial))
            known?.TakeUp(next.Partial, isInHand: true);
        HarvestRun run;
        long lines;
        using (var access = new SourceAccess(adapter.Reading(subject.Settings), subject.Source, request.Location, archive, request.Variable, clock))
        using (var writer = AccessionWriter.Open(next.Partial, header))
        {
            run = new HarvestRun(archive, request, subject.Source, access, writer, cursor, known, clock, progress) { Earlier = earlier.ConvertAll(a => archive.Layout.Accession(a.Source, a.Number)) };
            await adapter.Reading(subject.Settings).TakeAsync(run, stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            lines = writer.Records;
            writer.Finish();
        }

        var findings = run.Findings;
        if (run.SetAsideCount > findings.Count)
            findings.Add(new Finding("harvest", subject.Source, "more", FormattableString.Invariant($"{run.SetAsideCount - findings.Count} more were set aside; the accession has a line for each")));
        var (isNew, records) = (lines > 0, lines - run.SetAsideLines);
        if (isNew)
            await next.SealAsync(adapter.Format, request.Location, records, findings, stop).ConfigureAwait(false);
        else
            File.Delete(next.Partial);
        File.Delete(HarvestCursor.PathOf(next.Partial));
        return new AdapterReport(isNew ? next.Number : next.Before?.Number ?? 0, subject.Source, isNew, records, run.Unchanged, run.SetAsideCount, findings);
    }

    private static bool IsOf(string path, AccessionHeader header)
    {
        try
        {
            using var reader = AccessionReader.Open(path);
            return reader.Header.Origins.SequenceEqual(header.Origins) && reader.Header.Settings == header.Settings;
        }
        catch (LacquerException e) when (e.Failure is Failure.Missing or Failure.Damaged)
        {
            return false; // made again, under a new number
        }
    }
}
