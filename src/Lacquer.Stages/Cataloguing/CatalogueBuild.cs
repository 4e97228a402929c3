using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Cataloguing.Loading;
using Lacquer.Stages.Cataloguing.Matching;
using Lacquer.Stages.Cataloguing.Parsing;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing;

/// <summary>What to build.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="MemoryBytes">What the build may take; null: half the machine's.</param>
public sealed record CatalogueRequest(string Archive, long? MemoryBytes = null);

/// <summary>What will be built.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Name">The catalogue's name: a new one, or where nothing has changed, the one that stands.</param>
/// <param name="IsUpToDate">Whether the newest catalogue is already of these accessions.</param>
/// <param name="Accessions">What it is compiled from, by number.</param>
/// <param name="Inputs">A digest of the accessions, of what is withdrawn and of the way they are compiled.</param>
/// <param name="Withdrawn">What it is without.</param>
public sealed record CataloguePlan(CatalogueRequest Request, string Name, bool IsUpToDate, IReadOnlyList<AccessionRow> Accessions, string Inputs, WithdrawnThings Withdrawn);

/// <summary>What was built.</summary>
/// <param name="Name">The catalogue's name.</param>
/// <param name="IsNew">Whether it was built now.</param>
/// <param name="Totals">What is in it.</param>
/// <param name="Findings">Records set aside.</param>
/// <param name="AlsoWithdrawn">Recordings that are held, and turned out to be the same as something withdrawn.</param>
public sealed record CatalogueReport(string Name, bool IsNew, CatalogueTotals Totals, IReadOnlyList<Finding> Findings, IReadOnlyList<EntityId> AlsoWithdrawn);

/// <summary>
/// Compiles all accessions into <c>catalogues/NAME/catalogue.sqlite</c>, <c>lookups.sqlite</c> and <c>search.sqlite</c>: parse, match, merge, rank, load, index, each out of
/// what the one before left in a <c>.partial</c> folder, so that a killed build goes on with the stage it was in. The same accessions give the same bytes.
/// </summary>
public static class CatalogueBuild
{
    private const string Loaded = "loaded";

    private static readonly string[] Whole = [CatalogueReader.CatalogueFileName, CatalogueReader.LookupsFileName, CatalogueReader.SearchFileName];

    // Raise it whenever the same accessions would give other bytes.
    private const int Compiler = 9;

    /// <summary>Says what would be built.</summary>
    public static CataloguePlan Plan(CatalogueRequest request, TimeProvider clock)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        return Plan(request, archive);
    }

    /// <summary>Builds.</summary>
    public static CatalogueReport Run(CatalogueRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        var plan = Plan(request, archive);
        if (plan.Accessions.Count == 0)
            throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no accessions to make a catalogue of", "lacquer harvest folder DIR brings one");
        var folder = archive.Layout.Catalogue(plan.Name);
        if (plan.IsUpToDate)
        {
            MadeFiles.MakeMissing(folder, request.MemoryBytes, progress, stop);
            using var standing = CatalogueReader.Open(folder);
            return new CatalogueReport(plan.Name, IsNew: false, standing.Totals(), archive.Ledger.Findings().Where(f => f.Stage == "catalogue").ToList(), archive.Ledger.HeldUnnamed());
        }

        foreach (var accession in plan.Accessions)
            if (!RecordReaders.IsKnown(accession.Adapter))
                throw new LacquerException(Failure.Damaged, $"accession {accession.Number:D6} is of the adapter {accession.Adapter}, which this version does not know", "use the version of lacquer that harvested it");
        var columnBytes = BuildNeed.ColumnBytes(MadeFiles.Limit(request.MemoryBytes), tracks: 0);
        var need = new BuildNeed(plan.Accessions, columnBytes);
        need.CheckDisk(archive.Layout.Catalogues, folder + Durable.Partial);
        progress = new BuildProgress(progress);
        Directory.CreateDirectory(archive.Layout.Catalogues);
        var staging = new StagingFolder(folder, carryOn: true);
        IReadOnlyList<Finding> findings;
        try
        {
            findings = Build(staging, archive, plan, columnBytes, progress, stop);
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(staging.Path, e);
        }

        // Before the seal: a run that is killed in between is done again, and finds the same.
        archive.Ledger.ReplaceFindings("catalogue", "", findings);
        staging.Seal();
        using var built = CatalogueReader.Open(folder);
        return new CatalogueReport(plan.Name, IsNew: true, built.Totals(), findings, archive.Ledger.HeldUnnamed());
    }

    private static CataloguePlan Plan(CatalogueRequest request, OpenArchive archive)
    {
        var withdrawn = WithdrawnThings.Of(archive.Ledger);
        var accessions = archive.Ledger.Accessions().Where(a => !withdrawn.Sources.Contains(a.Source)).ToList();
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{CatalogueSchema.Format} compiler {Compiler} popularity {Popularities.Formula}\n");
        foreach (var accession in accessions)
            text.Append(CultureInfo.InvariantCulture, $"{accession.Number:D6} {accession.Sha256}\n");
        if (withdrawn.Digest() is { } digest)
            text.Append(CultureInfo.InvariantCulture, $"without {digest}\n");
        foreach (var (id, sameAs) in withdrawn.Kept)
            text.Append(CultureInfo.InvariantCulture, $"nor {id}, the same as {sameAs}\n");
        var inputs = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())));
        var newest = archive.Layout.NewestCatalogue();
        if (newest is not null && IsOf(newest, inputs))
            return new CataloguePlan(request, Path.GetFileName(newest), IsUpToDate: true, accessions, inputs, withdrawn);

        var number = newest is null ? 1 : int.Parse(Path.GetFileName(newest), CultureInfo.InvariantCulture) + 1;
        return new CataloguePlan(request, number.ToString("D6", CultureInfo.InvariantCulture), IsUpToDate: false, accessions, inputs, withdrawn);
    }

    /// <summary>
    /// Each stage leaves its result in the folder, so that a build which was killed goes on with the next: <c>parsed.json</c>, <c>matched.json</c>, then <c>catalogue.sqlite</c>, <c>lookups.sqlite</c> and <c>search.sqlite</c> themselves,
    /// which have their names only when they are whole and on disk.
    /// </summary>
    private static IReadOnlyList<Finding> Build(StagingFolder staging, OpenArchive archive, CataloguePlan plan, long columnBytes, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var files = new StagedFiles(staging.Path);
        var parsed = files.ReadParsed(plan.Inputs);
        var isLoaded = parsed is not null && File.Exists(staging[Loaded]) && IsOf(staging.Path, plan.Inputs);
        if (parsed is null || (!isLoaded && !files.AreWhole(parsed.Staged)))
        {
            staging.Clear();
            var sources = SourcesOf(plan);
            using var columns = new Columns(files.Folder, columnBytes);
            parsed = Parse.Run(files, plan.Inputs, archive.Layout, plan.Accessions, sources, columns, progress, stop);
        }

        BuildNeed.ColumnBytes(MadeFiles.Limit(plan.Request.MemoryBytes), parsed.Mentions);
        if (!isLoaded)
            MatchAndLoad(staging, archive, files, plan, parsed, columnBytes, progress, stop);
        // Whatever is needed no more makes room.
        staging.Clear([.. Whole, StagedFiles.Parsed, Loaded]);
        GC.Collect();
        // The disk takes its time; the search is made meanwhile.
        var flushing = isLoaded ? Task.CompletedTask : Task.Run(() => Flush(staging), CancellationToken.None);
        try
        {
            MadeFiles.MakeMissing(staging.Path, plan.Request.MemoryBytes, progress, stop);
        }
        finally
        {
            flushing.GetAwaiter().GetResult();
        }

        staging.Clear(Whole);
        return parsed.Findings;
    }

    private static Dictionary<string, int> SourcesOf(CataloguePlan plan)
    {
        var sources = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var accession in plan.Accessions)
            sources.TryAdd(accession.Source, sources.Count + 1);
        return sources;
    }

    private static void MatchAndLoad(StagingFolder staging, OpenArchive archive, StagedFiles files, CataloguePlan plan, ParsedRecords parsed, long columnBytes, IProgress<StageProgress> progress, CancellationToken stop)
    {
        // Whoever spoke first leads.
        var sources = SourcesOf(plan);
        var priorities = plan.Accessions.Select(a => sources[a.Source]).ToArray();
        using var columns = new Columns(files.Folder, columnBytes);
        var matched = Matched.Read(files, columns, plan.Inputs);
        if (matched is null)
        {
            using (var ofMatching = new Columns(files.Folder, columnBytes))
            {
                var found = Match.Run(files, parsed, priorities, plan.Withdrawn, ofMatching, progress, stop);
                archive.Ledger.ReplaceAlsoWithdrawn(found.AlsoWithdrawn);
                found.Write(files, plan.Inputs);
            }

            matched = Matched.Read(files, columns, plan.Inputs) ?? throw new EndOfStreamException($"what matching wrote to {files.Folder} is not there");
        }

        foreach (var whole in Whole.Append(Loaded))
            File.Delete(staging[whole]);
        var (catalogue, lookups) = (staging[CatalogueReader.CatalogueFileName], staging[CatalogueReader.LookupsFileName]);
        progress.Report(new StageProgress("load releases", 0, matched.ReleaseCount));
        Load.Run(files, catalogue + Durable.Partial, lookups + Durable.Partial, plan.Name, plan.Withdrawn.Digest(), parsed, matched, plan.Accessions, sources, priorities, columns, MadeFiles.MemoryBytes(plan.Request.MemoryBytes), progress, stop);
        File.Move(lookups + Durable.Partial, lookups);
        File.Move(catalogue + Durable.Partial, catalogue);
    }

    // Says that the catalogue is on the disk: a build that goes on trusts it only then.
    private static void Flush(StagingFolder staging)
    {
        Durable.FlushFile(staging[CatalogueReader.CatalogueFileName]);
        Durable.FlushFile(staging[CatalogueReader.LookupsFileName]);
        Durable.WriteFile(staging[Loaded], _ => { });
    }

    // Whether the folder has a catalogue of these accessions.
    private static bool IsOf(string folder, string inputs)
    {
        if (!File.Exists(Path.Combine(folder, CatalogueReader.CatalogueFileName)))
            return false;
        try
        {
            using var catalogue = CatalogueReader.Open(folder);
            return catalogue.Meta("inputs") == inputs;
        }
        catch (LacquerException)
        {
            return false;
        }
    }
}
