import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import com.sun.net.httpserver.spi.HttpServerProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Flink's Prometheus reporter listens on every interface and has no option for one. The JDK's own HTTP server, which it
 * uses, can be replaced by a system property: this one listens on loopback only.
 */
public final class LoopbackHttpServerProvider extends HttpServerProvider {
    private final HttpServerProvider original = new sun.net.httpserver.DefaultHttpServerProvider();

    @Override
    public HttpServer createHttpServer(InetSocketAddress address, int backlog) throws IOException {
        return original.createHttpServer(onLoopback(address), backlog);
    }

    @Override
    public HttpsServer createHttpsServer(InetSocketAddress address, int backlog) throws IOException {
        return original.createHttpsServer(onLoopback(address), backlog);
    }

    private static InetSocketAddress onLoopback(InetSocketAddress address) throws IOException {
        // An address is null where the server is bound later.
        if (address == null || !address.getAddress().isAnyLocalAddress()) {
            return address;
        }
        return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), address.getPort());
    }
}
