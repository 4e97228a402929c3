using Lacquer.Formats.Archives;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Mirroring;
using Lacquer.Stages.Pressing;
using Lacquer.Stages.Publishing;
using Lacquer.Stages.Restoring;
using Lacquer.Stages.Verifying;
using Lacquer.Stages.Workbench;
using Xunit;

namespace Lacquer.Tests.Studio;

/// <summary>An archive and its stages, as a test calls them.</summary>
internal sealed class Pipeline(string archive, Func<string, string?>? variable = null)
{
    private static readonly IProgress<StageProgress> Quiet = new Nothing();

    public ArchiveLayout Layout { get; } = new(archive);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public Pipeline Init(string name = "test", ObjectSettings? objects = null)
    {
        NewArchive.Run(new NewArchiveRequest(archive, name, "Test archive", objects?.Location, objects?.Endpoint?.ToString()));
        return this;
    }

    public Task<HarvestReport> Harvest(string folder, string? listens = null, string? source = null) =>
        FolderHarvest.RunAsync(FolderHarvest.Plan(new HarvestRequest(archive, folder, source, listens)), TimeProvider.System, Quiet, Stop);

    public CatalogueReport Catalogue() => CatalogueBuild.Run(new CatalogueRequest(archive, 1L << 30), TimeProvider.System, Quiet, Stop);

    public Task<IngestReport> Ingest() => Stages.Ingesting.Ingest.RunAsync(new IngestRequest(archive, Variable: variable), TimeProvider.System, Quiet, Stop);

    public PressReport Press() => Stages.Pressing.Press.RunAsync(new PressRequest(archive, variable), TimeProvider.System, Quiet, Stop).GetAwaiter().GetResult();

    public PublishReport Publish() => Stages.Publishing.Publish.Run(new PublishRequest(archive), TimeProvider.System, Quiet, Stop);

    public Task<MirrorReport> Mirror(string edition, long? budget = null, string? key = null) =>
        Stages.Mirroring.Mirror.RunAsync(new MirrorRequest(archive, edition, budget, key, variable), TimeProvider.System, Quiet, Stop);

    public Task<VerifyReport> Verify(bool repair = false, string? from = null) => Stages.Verifying.Verify.RunAsync(new VerifyRequest(archive, repair, from, variable), TimeProvider.System, Quiet, Stop);

    public Task<RestoreReport> Restore(EntityId recording, string output) => Stages.Restoring.Restore.RunAsync(new RestoreRequest(archive, recording, output, variable), TimeProvider.System, Stop);

    public Ledger Ledger() => Formats.Ledgers.Ledger.Open(Layout.Ledger, TimeProvider.System, "test", readOnly: true);

    /// <summary>From a folder of music to an edition.</summary>
    public async Task<Pipeline> WholeWay(string music)
    {
        await Harvest(music, Path.Combine(music, "listens.csv"), "music");
        Catalogue();
        await Ingest();
        Press();
        Publish();
        return this;
    }

    private sealed class Nothing : IProgress<StageProgress>
    {
        public void Report(StageProgress value)
        {
        }
    }
}
